import { foldsSchema, labelsSchema } from '@nacre/contracts/recipe';

import { defineStage } from '../define-stage.js';

/** Which fold's teachers may label which row. Output: label-folds.parquet, counts.json. */
export const assignLabelFolds = defineStage({
  kind: 'assign_label_folds',
  version: 1,
  pool: 'cpu',
  parameters: foldsSchema.pick({ count: true, seed: true }).required().extend({ labels: labelsSchema }),
  sources: ['libs/data/src/assign-label-folds.ts'],
});
