import { makeBaseModelParameters } from '@nacre/contracts/trainer';

import { defineStage } from '../define-stage.js';

/** A tiny base model and its tokenizer. Output: a Hugging Face folder. */
export const makeBase = defineStage({
  kind: 'make_base',
  version: 1,
  pool: 'gpu',
  task: 'make-base-model',
  parameters: makeBaseModelParameters,
  sources: ['libs/model/src/nacre_model/base_models.py', 'libs/model/src/nacre_model/words.txt'],
});
