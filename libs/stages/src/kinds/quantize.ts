import { quantizeParameters } from '@nacre/contracts/trainer';

import { defineStage } from '../define-stage.js';

/** The merged student with 8-bit weights. Output: a compressed-tensors folder. */
export const quantize = defineStage({
  kind: 'quantize',
  version: 1,
  pool: 'gpu',
  task: 'quantize',
  parameters: quantizeParameters,
  sources: [
    'libs/model/src/nacre_model/models.py',
    'libs/model/src/nacre_model/protocol.py',
    'libs/model/src/nacre_model/tables.py',
    'libs/model/src/nacre_model/batches.py',
    'QUANT',
  ],
});
