import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { getRunFile } from '@nacre/artifact-store';
import { goodputSchema, measurementSchema } from '@nacre/contracts/measurement';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { drillRecipe, finishedDrill, startedRun } from './support/drill-run.js';
import { runProgram } from './support/run-program.js';
import type { Workplace } from './support/workplace.js';

let place: Workplace;
let run: string;
let submission: string;
beforeAll(async () => {
  ({ place, run, submission } = await finishedDrill());
});
afterAll(() => place.close());

describe('the drill recipe, by the command line', () => {
  test('leaves a submission with a probability per label for every test row', () => {
    const [header, ...rows] = submission.trimEnd().split('\n');
    expect(header).toBe('id,winner_model_a,winner_model_b,winner_tie');
    expect(rows).toHaveLength(40);
    for (const row of rows) {
      const [id, ...probabilities] = row.split(',');
      expect(id).toMatch(/./);
      expect(probabilities.map(Number).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    }
  });

  test('leaves a report, and numbers for every step', async () => {
    const report = (await getRunFile(place.store, run, 'report.html'))?.toString('utf8') ?? '';
    expect(report).toMatch(/^<!doctype html>/i);
    const numbers = measurementSchema.parse(
      JSON.parse((await getRunFile(place.store, run, 'metrics.json'))?.toString('utf8') ?? ''),
    );
    expect(numbers.waterfall.length).toBeGreaterThanOrEqual(4);
  });

  test('accounts for every second of its attempts, within 1 %', async () => {
    const { run: all, stages } = goodputSchema.parse(
      JSON.parse((await getRunFile(place.store, run, 'goodput.json'))?.toString('utf8') ?? ''),
    );
    expect(all.attempts.done).toBe(stages.length);
    expect(all.seconds).toMatchObject({ lost: 0 });
    for (const { stage, kind, seconds, all: age } of stages) {
      expect(Math.abs(seconds.unaccounted), stage).toBeLessThanOrEqual(0.01 * age + 0.01);
      if (['train_teacher', 'distil', 'export_logits', 'quantize'].includes(kind)) {
        expect(seconds.step, stage).toBeGreaterThan(0);
        expect(seconds.load, stage).toBeGreaterThan(0);
      }
    }
    expect(Math.abs(all.shares.unaccounted)).toBeLessThanOrEqual(0.01);
  });

  test('again finds every stage, with a worker for the control queue only', async () => {
    const worker = await place.worker('control');
    const { code, stdout } = await place.nacre('--json', 'start', drillRecipe);
    await worker.stop();
    expect(code).toBe(0);
    expect(startedRun(stdout)).toBe(run);
    const states = new Set(
      stdout
        .split('\n')
        .filter((line) => line.includes('"stage-change"'))
        .map((line) => (JSON.parse(line) as { state: string }).state),
    );
    expect(states).toEqual(new Set(['hit']));
  });

  test('hands out the merged adapter, the 8-bit student and a log, verified, to whoever asks by name', async () => {
    const worker = await place.worker('control');
    const folder = mkdtempSync(join(tmpdir(), 'nacre-get-'));
    const listed = (await place.nacre('--json', 'ls', run)).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { stage: string; path: string; sha256: string });
    for (const [shortcut, stage, file] of [
      ['--adapter', 'merge', 'adapter_model.safetensors'],
      ['--quantized', 'quantize', 'model.safetensors'],
    ] as const) {
      const { code, stdout } = await place.nacre('get', run, shortcut, join(folder, stage));
      expect({ shortcut, code }).toEqual({ shortcut, code: 0 });
      const got = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split('  '));
      const wanted = listed.filter((entry) => entry.stage === stage);
      expect(got.map(([sha256]) => sha256).sort()).toEqual(wanted.map(({ sha256 }) => sha256).sort());
      expect(got.map(([, path]) => path)).toContain(join(folder, stage, file));
      for (const [sha256, path = ''] of got) {
        expect(createHash('sha256').update(readFileSync(path)).digest('hex'), path).toBe(sha256);
      }
    }
    const log = await place.nacre('logs', run, 'teacher/llama-tiny/fold-0');
    await worker.stop();
    expect(log).toMatchObject({ code: 0, stderr: '' });
    rmSync(folder, { recursive: true });
  });

  test('reproduces a training stage by hand to the same bytes', async () => {
    const worker = await place.worker('control');
    const folder = mkdtempSync(join(tmpdir(), 'nacre-reproduce-'));
    const stage = 'teacher/llama-tiny/fold-0';
    const laidOut = await place.nacre('reproduce', run, stage, folder);
    expect(laidOut).toMatchObject({ code: 0 });
    const kept = await place.nacre('--json', 'get', run, stage, join(folder, 'kept'));
    await worker.stop();
    expect(kept).toMatchObject({ code: 0 });
    const byHand = await runProgram('sh', [join(folder, 'command.sh')], folder, {
      PATH: process.env['PATH'],
      HOME: folder,
    });
    expect(byHand).toMatchObject({ code: 0 });
    const files = kept.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { path: string });
    expect(files.length).toBeGreaterThan(0);
    for (const { path } of files) {
      const made = path.replace(`${join(folder, 'kept')}/`, `${join(folder, 'output')}/`);
      expect(readFileSync(made).equals(readFileSync(path)), made).toBe(true);
    }
  });
});

describe('the same recipe, by the Temporal CLI', () => {
  test('runs from `nacre resolve`; activities and run say what they are', async () => {
    const resolved = await place.nacre('resolve', drillRecipe, '--set', 'training.seed=7');
    expect(resolved.code).toBe(0);
    const file = join(place.folder, 'recipe.json');
    writeFileSync(file, resolved.stdout);
    const worker = await place.worker();
    const started = await place.temporal(
      ...['workflow', 'start', '--type', 'distillationPipeline', '--task-queue', 'nacre-control'],
      ...['--workflow-id', 'by-hand', '--input-file', file],
    );
    expect(started).toMatchObject({ code: 0 });
    const result = await place.temporal('workflow', 'result', '--workflow-id', 'by-hand', '-o', 'json');
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('runs/by-hand/submission.csv');

    const shown = await place.temporal('workflow', 'show', '--workflow-id', 'by-hand', '-o', 'json');
    const { events } = JSON.parse(shown.stdout) as { events: RecordedEvent[] };
    const summaries = events.flatMap(({ activityTaskScheduledEventAttributes: scheduled, userMetadata }) =>
      scheduled === undefined || scheduled.taskQueue.name === 'nacre-control'
        ? []
        : [textOf(userMetadata?.summary)],
    );
    expect(summaries).toContain('fold 2/2 · llama-tiny · train_teacher');
    expect(summaries.every((summary) => summary !== '')).toBe(true);

    const metadata = await place.temporal('workflow', 'metadata', '--workflow-id', 'by-hand', '-o', 'json');
    await worker.stop();
    expect(metadata.stdout).toContain('| teacher/llama-tiny/fold-0 | done |');
    expect(metadata.stdout).toContain('| folds | hit |');
  });
});

interface RecordedEvent {
  readonly activityTaskScheduledEventAttributes?: { readonly taskQueue: { readonly name: string } };
  readonly userMetadata?: { readonly summary?: unknown };
}

/** A summary as the CLI shows it: decoded, or a payload in base64. */
function textOf(summary: unknown): string {
  if (typeof summary === 'string') return summary;
  const { data } = (summary ?? {}) as { data?: string };
  return data === undefined ? '' : (JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as string);
}
