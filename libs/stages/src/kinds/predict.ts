import { predictParameters } from '@nacre/contracts/trainer';

import { defineStage } from '../define-stage.js';

/** Raw logits of the 8-bit student. Output: logits shards. */
export const predict = defineStage({
  kind: 'predict',
  version: 1,
  pool: 'gpu',
  task: 'predict',
  parameters: predictParameters,
  sources: [
    'libs/model/src/nacre_model/models.py',
    'libs/model/src/nacre_model/protocol.py',
    'libs/model/src/nacre_model/tables.py',
    'libs/model/src/nacre_model/batches.py',
    'libs/model/src/nacre_model/logits.py',
    'QUANT',
  ],
});
