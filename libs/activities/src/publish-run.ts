import { putRunFile, readArtifactFile, readManifest } from '@nacre/artifact-store';
import { canonicalJson, type Manifest } from '@nacre/contracts/artifact';
import {
  historySchema,
  measurementSchema,
  type History,
  type Measurement,
} from '@nacre/contracts/measurement';
import type { Recipe } from '@nacre/contracts/recipe';
import type { Progress } from '@nacre/contracts/run';
import {
  COUNTS_FILE,
  HISTORY_FILE,
  LEAK_FILE,
  MEASUREMENT_FILE,
  SUBMISSION_FILE,
} from '@nacre/contracts/tables';
import { leakReportSchema } from '@nacre/data';
import { goodputOf } from '@nacre/metrics';
import { renderReport } from '@nacre/report';
import { stringify } from 'yaml';
import { z } from 'zod';

import { blindLooks } from './blind-looks.js';
import type { ActivityDependencies } from './dependencies.js';
import { readLedgers } from './read-ledgers.js';
import { runFiles } from './run-files.js';

const countsSchema = z.record(z.string(), z.number());

/** An artifact of the run and its manifest. */
interface Made {
  readonly stage: string;
  readonly kind: string;
  readonly manifestId: string;
  readonly manifest: Manifest;
}

/**
 * Writes the readable copies of a run: its recipe, its progress, and of what was reached the numbers, the
 * submission, what became of its time, and the report. Answers their keys.
 */
export async function publishRun(
  { store }: Pick<ActivityDependencies, 'store'>,
  recipe: Recipe,
  progress: Progress,
): Promise<string[]> {
  const made: Made[] = await Promise.all(
    progress.stages.flatMap(({ name, artifact }) =>
      artifact === null
        ? []
        : [
            readManifest(store, artifact.manifest_id).then((manifest) => ({
              stage: name,
              kind: artifact.kind,
              manifestId: artifact.manifest_id,
              manifest,
            })),
          ],
    ),
  );
  const bytes = async (manifestId: string, path: string) => readArtifactFile(store, manifestId, path);
  const json = async (manifestId: string, path: string): Promise<unknown> =>
    JSON.parse((await bytes(manifestId, path)).toString('utf8'));
  const having = (path: string) =>
    made.filter(({ manifest }) => manifest.files.some((file) => file.path === path));

  const measured = having(MEASUREMENT_FILE)[0];
  const measurement: Measurement | null =
    measured === undefined
      ? null
      : {
          ...measurementSchema.parse(await json(measured.manifestId, MEASUREMENT_FILE)),
          blind_looks: await blindLooks(store, measured.manifest),
        };
  const histories = await Promise.all(
    having(HISTORY_FILE).map(async ({ stage, manifestId }): Promise<{ stage: string; history: History }> => ({
      stage,
      history: historySchema.parse(await json(manifestId, HISTORY_FILE)),
    })),
  );
  const counts = await Promise.all(
    having(COUNTS_FILE).map(async ({ stage, manifestId }) => ({
      stage,
      counts: countsSchema.parse(await json(manifestId, COUNTS_FILE)),
    })),
  );
  const leaks = having(LEAK_FILE)[0];
  const run = progress.workflow_id;
  const ledgers = await readLedgers(store, run);
  const goodput = ledgers.length === 0 ? null : goodputOf(ledgers);
  const report = renderReport({
    recipe,
    progress,
    measurement,
    goodput,
    histories,
    counts,
    leak: leaks === undefined ? null : leakReportSchema.parse(await json(leaks.manifestId, LEAK_FILE)),
    manifests: made.map(({ stage, manifest }) => ({ stage, manifest })),
    links: [
      { title: 'Resolved recipe', href: runFiles.recipe },
      { title: 'Progress', href: runFiles.progress },
      ...(measurement === null ? [] : [{ title: 'Numbers', href: runFiles.measurement }]),
      ...(goodput === null ? [] : [{ title: 'Goodput', href: runFiles.goodput }]),
      ...(having(SUBMISSION_FILE).length === 0 ? [] : [{ title: 'Submission', href: runFiles.submission }]),
    ],
  });

  const written = [
    await putRunFile(store, run, runFiles.recipe, stringify(recipe), 'application/yaml'),
    await putRunFile(store, run, runFiles.progress, canonicalJson(progress), 'application/json'),
    await putRunFile(store, run, runFiles.report, report, 'text/html; charset=utf-8'),
  ];
  if (measurement !== null) {
    written.push(
      await putRunFile(store, run, runFiles.measurement, canonicalJson(measurement), 'application/json'),
    );
  }
  if (goodput !== null) {
    written.push(await putRunFile(store, run, runFiles.goodput, canonicalJson(goodput), 'application/json'));
  }
  const submitted = having(SUBMISSION_FILE)[0];
  if (submitted !== undefined) {
    const submission = await bytes(submitted.manifestId, SUBMISSION_FILE);
    written.push(await putRunFile(store, run, runFiles.submission, submission, 'text/csv; charset=utf-8'));
  }
  return written;
}
