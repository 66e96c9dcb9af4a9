import { plausibilitySchema } from '@nacre/contracts/recipe';

import { defineStage } from '../define-stage.js';

/** Looks for log losses too good to be true; one fails the run. Output: plausibility.json. */
export const plausibilityGate = defineStage({
  kind: 'plausibility_gate',
  version: 1,
  pool: 'cpu',
  parameters: plausibilitySchema,
  sources: ['libs/metrics/src/implausible-scores.ts'],
});
