import { z } from 'zod';

import { defineStage } from '../define-stage.js';

/** A source that is trained on without the rows that stand in test or in the blind slice. Output: comparisons.parquet, counts.json. */
export const dropLeaks = defineStage({
  kind: 'drop_leaks',
  version: 1,
  pool: 'cpu',
  parameters: z.strictObject({}),
  sources: ['libs/data/src/drop-leaks.ts'],
});
