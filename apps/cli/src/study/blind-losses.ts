import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { readLogits, RunArtifacts, type RecordedRun } from '@nacre/activities';
import type { ArtifactStore } from '@nacre/artifact-store';
import { ContractViolation } from '@nacre/contracts/errors';
import { sourcesFor } from '@nacre/contracts/recipe';
import type { MeasuredModel, StudyResults } from '@nacre/contracts/study';
import { FOLDS_FILE, TRUTH_FILE } from '@nacre/contracts/tables';
import { readTable } from '@nacre/data';
import { expectedLosses, meanProbabilities, orders, type FoldRow, type ProbabilityRow } from '@nacre/metrics';
import { meansStage } from '@nacre/stages';

import { measuredStages } from './study-runs.js';

/** Losses of a run on its blind rows, rows in the order of their ids. */
export interface BlindLosses {
  readonly loss: StudyResults['loss'];
  readonly ids: readonly string[];
  readonly promptGroups: readonly string[];
  /** Natural logarithm. */
  readonly losses: readonly number[];
}

/** What names the rows and their groups in results, without a word of theirs. */
export function rowNames({ ids, promptGroups }: BlindLosses): { digest: string; groups: string } {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  return {
    digest: sha256(ids.join('\n')).slice(0, 16),
    groups: promptGroups.map((group) => sha256(group).slice(0, 6)).join(''),
  };
}

/**
 * Reads what a finished run predicted for its blind rows, answers as given, and scores it: on the synthetic arena
 * against the true distribution of each row, else against its vote.
 *
 * @throws ContractViolation naming a row that a model lacks or has in excess; StoreUnavailable
 */
export async function blindLosses(
  store: ArtifactStore,
  run: RecordedRun,
  measured: MeasuredModel,
): Promise<BlindLosses> {
  const folder = await mkdtemp(join(tmpdir(), 'nacre-study-'));
  try {
    const artifacts = new RunArtifacts(store, run, folder);
    const blind = await blindRows(await artifacts.of('folds'));
    const { loss, truth } = await distributions(run, artifacts, blind);
    const models: ProbabilityRow[][] = [];
    for (const stage of run.artifacts.keys()) {
      if (!meansStage(measuredStages[measured], stage)) continue;
      const { labels } = run.recipe;
      const { asGiven } = orders(labels, await readLogits(await artifacts.of(stage), labels));
      const wanted = new Set(blind.map(({ example_id }) => example_id));
      models.push(asGiven.filter(({ example_id }) => wanted.has(example_id)));
    }
    return {
      loss,
      ids: blind.map(({ example_id }) => example_id),
      promptGroups: blind.map(({ prompt_group }) => prompt_group),
      losses: lossesOf(truth, models, measured),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether a run has made all that is measured: one that ended at an earlier stage has not. */
export function hasMeasured({ artifacts }: RecordedRun, measured: MeasuredModel): boolean {
  const asked = [...artifacts].filter(([stage]) => meansStage(measuredStages[measured], stage));
  return asked.length > 0 && asked.every(([, artifact]) => artifact !== null);
}

function lossesOf(
  truth: readonly ProbabilityRow[],
  models: readonly ProbabilityRow[][],
  measured: MeasuredModel,
): number[] {
  if (measured !== 'single_fold') return [...expectedLosses(truth, meanProbabilities(models), measured)];
  const each = models.map((model) => expectedLosses(truth, model, measured));
  return truth.map(
    (_, row) => each.reduce((sum, losses) => sum + (losses[row] ?? Number.NaN), 0) / each.length,
  );
}

async function blindRows(folds: string): Promise<FoldRow[]> {
  const rows = await readTable(join(folds, FOLDS_FILE), {
    example_id: 'VARCHAR',
    label: 'VARCHAR',
    prompt_group: 'VARCHAR',
    fold: 'INTEGER',
    blind: 'BOOLEAN',
  });
  return (rows as FoldRow[])
    .filter(({ blind }) => blind)
    .sort((left, right) => (left.example_id < right.example_id ? -1 : 1));
}

/** What each blind row is scored against: its true distribution, or all weight on its vote. */
async function distributions(
  { workflowId, recipe }: RecordedRun,
  artifacts: RunArtifacts,
  blind: readonly FoldRow[],
): Promise<{ loss: StudyResults['loss']; truth: ProbabilityRow[] }> {
  const { labels } = recipe;
  const [source = 'train'] = sourcesFor(recipe, 'train');
  if (recipe.data[source]?.synthetic?.votes !== 'drawn') {
    const truth = blind.map(({ example_id, label }) => ({
      example_id,
      probabilities: labels.map((each) => (each === label ? 1 : 0)),
    }));
    return { loss: 'votes', truth };
  }
  const rows = await readTable(join(await artifacts.of(`synthesize/${source}`), TRUTH_FILE), {
    id: 'VARCHAR',
    p_model_a: 'DOUBLE',
    p_model_b: 'DOUBLE',
    p_tie: 'DOUBLE',
  });
  const byId = new Map(rows.map((row) => [`${source}:${row.id}`, row]));
  const truth = blind.map(({ example_id }) => {
    const row = byId.get(example_id);
    if (row === undefined)
      throw new ContractViolation(`${workflowId}: ${example_id} has no true distribution`);
    return { example_id, probabilities: labels.map((label) => row[`p_${label}`]) };
  });
  return { loss: 'expected', truth };
}
