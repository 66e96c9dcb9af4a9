import { trainParameters } from '@nacre/contracts/trainer';

import { defineStage } from '../define-stage.js';

/** A student for one fold, from votes and teachers (or from votes alone). Output: an adapter with its head. */
export const distil = defineStage({
  kind: 'distil',
  version: 1,
  pool: 'gpu',
  task: 'train',
  parameters: trainParameters,
  sources: ['libs/model/src/nacre_model/training.py'],
});
