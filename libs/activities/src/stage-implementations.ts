import { stageTable } from '@nacre/stages';

import type { StageImplementation } from './stage-context.js';
import { assignFolds } from './stages/assign-folds.js';
import { assignLabelFolds } from './stages/assign-label-folds.js';
import { costGate } from './stages/cost-gate.js';
import { dropLeaks } from './stages/drop-leaks.js';
import { exportLogits } from './stages/export-logits.js';
import { importSource } from './stages/import-source.js';
import { leakGate } from './stages/leak-gate.js';
import { measure } from './stages/measure.js';
import { permuteLogits } from './stages/permute-logits.js';
import { plausibilityGate } from './stages/plausibility-gate.js';
import { prepareOrder } from './stages/prepare-order.js';
import { prepareSource } from './stages/prepare-source.js';
import { pythonTask } from './stages/python-task.js';
import { submit } from './stages/submit.js';
import { synthesizeLatents } from './stages/synthesize-latents.js';
import { synthesizeSource } from './stages/synthesize-source.js';

const inNode: Readonly<Record<string, StageImplementation>> = {
  import_source: importSource,
  synthesize_source: synthesizeSource,
  synthesize_latents: synthesizeLatents,
  prepare_source: prepareSource,
  prepare_order: prepareOrder,
  assign_folds: assignFolds,
  assign_label_folds: assignLabelFolds,
  cost_gate: costGate,
  drop_leaks: dropLeaks,
  leak_gate: leakGate,
  export_logits: exportLogits,
  measure,
  permute_logits: permuteLogits,
  plausibility_gate: plausibilityGate,
  submit,
};

/** How each stage kind is computed: in Node, else by the Python task that its definition names. */
export const stageImplementations: ReadonlyMap<string, StageImplementation> = new Map(
  stageTable.map((definition) => [definition.kind, inNode[definition.kind] ?? pythonTask(definition)]),
);
