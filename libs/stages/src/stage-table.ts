import type { StageDefinition } from './define-stage.js';
import { assignFolds } from './kinds/assign-folds.js';
import { assignLabelFolds } from './kinds/assign-label-folds.js';
import { costGate } from './kinds/cost-gate.js';
import { distil } from './kinds/distil.js';
import { dropLeaks } from './kinds/drop-leaks.js';
import { exportLogits } from './kinds/export-logits.js';
import { importSource } from './kinds/import-source.js';
import { leakGate } from './kinds/leak-gate.js';
import { makeBase } from './kinds/make-base.js';
import { measure } from './kinds/measure.js';
import { merge } from './kinds/merge.js';
import { permuteLogits } from './kinds/permute-logits.js';
import { plausibilityGate } from './kinds/plausibility-gate.js';
import { postPretrain } from './kinds/post-pretrain.js';
import { predict } from './kinds/predict.js';
import { prepareOrder } from './kinds/prepare-order.js';
import { prepareSource } from './kinds/prepare-source.js';
import { quantize } from './kinds/quantize.js';
import { submit } from './kinds/submit.js';
import { synthesizeLatents } from './kinds/synthesize-latents.js';
import { synthesizeSource } from './kinds/synthesize-source.js';
import { tokenize } from './kinds/tokenize.js';
import { trainTeacher } from './kinds/train-teacher.js';

/** Every stage kind, in the order of the recipe. */
export const stageTable: readonly StageDefinition[] = [
  importSource,
  synthesizeSource,
  synthesizeLatents,
  prepareSource,
  prepareOrder,
  assignFolds,
  assignLabelFolds,
  dropLeaks,
  leakGate,
  makeBase,
  tokenize,
  postPretrain,
  trainTeacher,
  exportLogits,
  permuteLogits,
  distil,
  merge,
  quantize,
  predict,
  costGate,
  measure,
  plausibilityGate,
  submit,
];

/** The definition of a kind; undefined for a kind that this build does not know. */
export function stageDefinition(kind: string): StageDefinition | undefined {
  return stageTable.find((definition) => definition.kind === kind);
}
