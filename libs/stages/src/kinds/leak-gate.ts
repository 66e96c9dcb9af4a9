import { z } from 'zod';

import { defineStage } from '../define-stage.js';

/** Looks for the same pair of answers on both sides of a split; red fails the run. Near-duplicates are counted. Output: leak.json. */
export const leakGate = defineStage({
  kind: 'leak_gate',
  version: 2,
  pool: 'cpu',
  parameters: z.strictObject({
    otherwise: z.enum(['stop', 'drop', 'report']).describe('What a leak does'),
  }),
  sources: ['libs/data/src/check-leaks.ts'],
});
