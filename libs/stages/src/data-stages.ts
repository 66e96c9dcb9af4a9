import { sourcesFor, type Recipe } from '@nacre/contracts/recipe';

import { pick, required, type Handles } from './handles.js';
import { assignFolds } from './kinds/assign-folds.js';
import { dropLeaks } from './kinds/drop-leaks.js';
import { importSource } from './kinds/import-source.js';
import { leakGate } from './kinds/leak-gate.js';
import { prepareOrder } from './kinds/prepare-order.js';
import { prepareSource } from './kinds/prepare-source.js';
import { synthesizeSource } from './kinds/synthesize-source.js';
import type { StageHandle, StageRunner } from './stage-runner.js';

/** The rows of a run, before any tokenizer sees them. */
export interface DataStages {
  /** Canonical rows by the name of their source. */
  readonly prepared: Handles;
  readonly trainSource: string;
  readonly extraSources: readonly string[];
  readonly testSource: string;
  /** None without post-pretraining. */
  readonly postPretrainSource: string | undefined;
  readonly split: StageHandle;
  /** The leak gate, which every GPU second waits for. */
  readonly gate: StageHandle;
  /** The order of the submission under `order`; empty where it is that of the test rows. */
  readonly order: Handles;
}

/** Asks for the data stages of the recipe: sources, canonical rows, folds, leaks dropped or refused. */
export async function dataStages(recipe: Recipe, runner: StageRunner): Promise<DataStages> {
  const { labels } = recipe;

  // Sources, as bytes and then as canonical rows.
  const raw: Handles = {};
  for (const [name, source] of Object.entries(recipe.data)) {
    if (source.path === undefined) continue;
    raw[name] = runner.run(importSource, {
      name: `import/${name}`,
      parameters: await runner.describeSource(source.path),
      inputs: {},
    });
  }
  for (const [name, { synthetic, use }] of Object.entries(recipe.data)) {
    if (synthetic === undefined || use === undefined || use === 'submission_order') continue;
    raw[name] = runner.run(synthesizeSource, {
      name: `synthesize/${name}`,
      parameters: { ...synthetic, use, labels },
      inputs: {},
    });
  }
  const prepared: Handles = {};
  for (const [name, { format, file_type, ids, use, columns }] of Object.entries(recipe.data)) {
    if (format === 'sample_submission' || use === undefined || use === 'submission_order') continue;
    prepared[name] = runner.run(prepareSource, {
      name: `prepare/${name}`,
      parameters: {
        ...{ name, format, file_type, use, columns: columns ?? null, labels },
        ...(ids === 'row_number' ? { ids } : {}),
      },
      inputs: { source: required(raw, name) },
    });
  }
  const trainSource = sourcesFor(recipe, 'train')[0] ?? 'train';
  const extraSources = sourcesFor(recipe, 'extra');
  const rowSources = [trainSource, ...extraSources];
  const testSource = recipe.predict.data;
  const postPretrainSource = recipe.post_pretrain?.data;
  const orderSource = sourcesFor(recipe, 'submission_order')[0];
  const order: Handles =
    orderSource === undefined
      ? {}
      : {
          order: runner.run(prepareOrder, {
            name: `prepare/${orderSource}`,
            parameters: {},
            inputs: { source: required(raw, orderSource), comparisons: required(prepared, testSource) },
          }),
        };

  // Folds, and the gate that every GPU second waits for. Leaks that are to be dropped leave each source
  // before anything reads it: test rows at once, blind ones as soon as they are known.
  const cleaned = (source: string, blind: Handles): StageHandle =>
    runner.run(dropLeaks, {
      name: `drop-leaks/${source}`,
      parameters: {},
      inputs: { comparisons: required(prepared, source), test: required(prepared, testSource), ...blind },
    });
  const dropping = recipe.gates.leak.otherwise === 'drop';
  if (dropping) for (const source of rowSources) prepared[source] = cleaned(source, {});
  const split = runner.run(assignFolds, {
    name: 'folds',
    parameters: { ...recipe.folds, labels },
    inputs: { train: required(prepared, trainSource), ...pick(prepared, extraSources, 'extra-') },
  });
  if (dropping && postPretrainSource !== undefined) {
    prepared[postPretrainSource] = cleaned(postPretrainSource, {
      train: required(prepared, trainSource),
      folds: split,
    });
  }
  const gate = runner.run(leakGate, {
    name: 'leak-gate',
    parameters: recipe.gates.leak,
    inputs: {
      train: required(prepared, trainSource),
      ...pick(prepared, extraSources, 'extra-'),
      ...pick(prepared, postPretrainSource === undefined ? [] : [postPretrainSource], 'post-pretrain-'),
      test: required(prepared, testSource),
      folds: split,
    },
  });
  return { prepared, trainSource, extraSources, testSource, postPretrainSource, split, gate, order };
}
