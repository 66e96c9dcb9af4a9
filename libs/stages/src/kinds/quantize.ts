import { quantizeParameters } from '@nacre/contracts/trainer';

import { defineStage } from '../define-stage.js';

/** The merged student with 8-bit weights. Output: a compressed-tensors folder. */
export const quantize = defineStage({
  kind: 'quantize',
  version: 1,
  pool: 'gpu',
  task: 'quantize',
  parameters: quantizeParameters,
  sources: ['libs/quantization/src/nacre_quantization/quantize.py'],
});
