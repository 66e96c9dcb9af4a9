import { trainParameters } from '@nacre/contracts/trainer';

import { defineStage } from '../define-stage.js';

/** A teacher for one fold. Output: an adapter with its head. */
export const trainTeacher = defineStage({
  kind: 'train_teacher',
  version: 1,
  pool: 'gpu',
  task: 'train',
  parameters: trainParameters,
  sources: ['libs/model/src/nacre_model/training.py'],
});
