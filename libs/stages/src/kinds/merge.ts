import { mergeParameters } from '@nacre/contracts/trainer';

import { defineStage } from '../define-stage.js';

/** The students of the folds as one adapter. Output: an adapter with the mean head. */
export const merge = defineStage({
  kind: 'merge',
  version: 1,
  pool: 'gpu',
  task: 'merge',
  parameters: mergeParameters,
  sources: ['libs/model/src/nacre_model/merging.py'],
});
