import { predictParameters } from '@nacre/contracts/trainer';

import { defineStage } from '../define-stage.js';

/** Raw logits of the 8-bit student. Output: logits shards. */
export const predict = defineStage({
  kind: 'predict',
  version: 1,
  pool: 'gpu',
  task: 'predict',
  parameters: predictParameters,
  sources: ['libs/quantization/src/nacre_quantization/predict.py'],
});
