import { foldsSchema, labelsSchema } from '@nacre/contracts/recipe';

import { defineStage } from '../define-stage.js';

/** Which fold holds which row out, and the blind slice. Output: folds.parquet, counts.json. */
export const assignFolds = defineStage({
  kind: 'assign_folds',
  version: 1,
  pool: 'cpu',
  parameters: foldsSchema.required().extend({ labels: labelsSchema }),
  sources: ['libs/data/src/assign-folds.ts'],
});
