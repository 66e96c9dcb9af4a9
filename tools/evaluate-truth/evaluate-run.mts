import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  ColdStarter,
  installation,
  RunArtifacts,
  taskRunner,
  WarmStarter,
  type RecordedRun,
} from '@nacre/activities';
import type { ArtifactStore } from '@nacre/artifact-store';
import { sourcesFor } from '@nacre/contracts/recipe';
import { FOLDS_FILE } from '@nacre/contracts/tables';
import { readTable } from '@nacre/data';
import { priorProbabilities, type FoldRow } from '@nacre/metrics';

import { evaluation, type Evaluation } from './evaluation.mjs';
import { freshRows } from './fresh-rows.mjs';
import { LocalStages } from './local-stages.mjs';
import { modelLogits } from './model-logits.mjs';
import { textBaselines } from './text-baselines.mjs';

export interface EvaluateRunSettings {
  readonly store: ArtifactStore;
  readonly rows: number;
  readonly seed: number;
  readonly resamples: number;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/**
 * Draws fresh rows, applies every model of the run to them and scores all arms against the true distribution.
 * Works in a temporary folder; the store is only read.
 *
 * @throws InvalidRecipe when the run or the seed does not allow it; StoreUnavailable; what Python tasks throw
 */
export async function evaluateRun(
  run: RecordedRun,
  { store, rows, seed, resamples, signal, log }: EvaluateRunSettings,
): Promise<Evaluation> {
  const { recipe } = run;
  const { labels } = recipe;
  const pool = recipe.run.pools.gpu;
  const folder = await mkdtemp(join(tmpdir(), 'nacre-truth-'));
  const artifacts = new RunArtifacts(store, run, folder);
  const here = installation({ ...process.env, NACRE_WORK_FOLDER: folder }, 'unknown');
  // After the first failure, nobody waits for the other models.
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const onGpu = new ColdStarter(here.python);
  const onCpu = new WarmStarter(here, process.env, log);
  try {
    const tasks = taskRunner({ installation: here, environment: process.env, onCpu, onGpu });
    const stages = new LocalStages({ folder, store, tasks, recipe, signal: stop });
    const { comparisons, truth } = await freshRows(stages, recipe, { rows, seed });
    log(`${rows} fresh rows of seed ${seed}`);

    const folds = await artifacts.of('folds');
    const trained = await Promise.all(
      [...sourcesFor(recipe, 'train'), ...sourcesFor(recipe, 'extra')].map((source) =>
        artifacts.of(`prepare/${source}`),
      ),
    );
    const baselines = await textBaselines(here, {
      labels,
      fitted: trained,
      folds,
      fresh: comparisons,
      folder,
      signal: stop,
    });
    log('length only and bag of words');
    const models = await modelLogits(recipe, comparisons, {
      stages,
      artifacts,
      concurrency: pool.concurrency,
      log,
    });

    const foldRows = await readTable(join(folds, FOLDS_FILE), {
      example_id: 'VARCHAR',
      label: 'VARCHAR',
      prompt_group: 'VARCHAR',
      fold: 'INTEGER',
      blind: 'BOOLEAN',
    });
    const votes = (foldRows as readonly FoldRow[]).filter(({ fold }) => fold >= 0);
    const shares = priorProbabilities(labels, votes, votes.slice(0, 1))[0]?.probabilities ?? [];
    const prior = truth.map(({ example_id }) => ({ example_id, probabilities: shares }));
    return evaluation({ labels, truth, prior, baselines, models }, { resamples, seed });
  } catch (error) {
    failed.abort();
    throw error;
  } finally {
    await onCpu.close();
    await rm(folder, { recursive: true, force: true });
  }
}
