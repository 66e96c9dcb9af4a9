import { tokenizeParameters } from '@nacre/contracts/trainer';

import { defineStage } from '../define-stage.js';

/** A prepared source as token ids of one model, both orders. Output: tokens.parquet. */
export const tokenize = defineStage({
  kind: 'tokenize',
  version: 1,
  pool: 'cpu',
  task: 'tokenize',
  parameters: tokenizeParameters,
  sources: ['libs/model/src/nacre_model/tokenization.py'],
});
