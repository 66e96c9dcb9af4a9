import { exportLogitsParameters } from '@nacre/contracts/trainer';

import { defineStage } from '../define-stage.js';

/** Raw logits of a model on chosen rows, both orders. Output: logits shards. */
export const exportLogits = defineStage({
  kind: 'export_logits',
  version: 2,
  pool: 'gpu',
  task: 'export-logits',
  parameters: exportLogitsParameters,
  sources: ['libs/model/src/nacre_model/logits.py', 'libs/activities/src/stages/export-logits.ts'],
});
