import { trainParameters } from '@nacre/contracts/trainer';

import { defineStage } from '../define-stage.js';

/** LoRA training of a base on other preference data. Output: an adapter. */
export const postPretrain = defineStage({
  kind: 'post_pretrain',
  version: 1,
  pool: 'gpu',
  task: 'train',
  parameters: trainParameters,
  sources: ['libs/model/src/nacre_model/training.py'],
});
