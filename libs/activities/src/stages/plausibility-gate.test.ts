import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { LeakDetected } from '@nacre/contracts/errors';
import type { Measurement } from '@nacre/contracts/measurement';
import { measure } from '@nacre/metrics';
import { expect, it, onTestFinished } from 'vitest';

import type { StageContext } from '../stage-context.js';
import { plausibilityGate } from './plausibility-gate.js';

const labels: Measurement['labels'] = ['model_a', 'model_b', 'tie'];
/** Two folds of six dev rows, and six blind rows, all voted for model_a; the model gives that the probability 0.9: a log loss of 0.105. */
const rows = Array.from({ length: 18 }, (_, index) => ({
  ...{ example_id: `train:${index}`, label: 'model_a' as const, prompt_group: String(index) },
  ...{ fold: index < 12 ? Math.floor(index / 6) : -1, blind: index >= 12 },
}));
const logits = [0.9, 0.05, 0.05].map(Math.log);

it('a log loss below the floor fails the run with a sentence; above it nothing happens', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nacre-plausibility-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const scored = rows.map(({ example_id }) => ({ example_id, swapped: false, logits }));
  const models = [0, 1].map((fold) => ({ model: 'gemma', role: 'student' as const, fold, rows: scored }));
  const none = { merged: null, quantized: null, roundToNearest: null, lengths: null, gates: {} };
  const measurement = measure({ labels, rows, models, ...none });
  await writeFile(join(folder, 'measurement.json'), JSON.stringify(measurement));
  const gate = (min_log_loss: number) =>
    plausibilityGate({
      call: { parameters: { min_log_loss } },
      inputs: { measurement: folder },
      output: folder,
    } as unknown as StageContext);

  const red = gate(0.5);
  await expect(red).rejects.toThrow(LeakDetected);
  await expect(red).rejects.toThrow(
    /log losses are too good to be true, below 0\.5: gemma \(student\) on the dev rows of fold 0: 0\.1054 \(6 rows\)/,
  );
  await gate(0.1);
  expect(JSON.parse(await readFile(join(folder, 'plausibility.json'), 'utf8'))).toMatchObject({
    min_log_loss: 0.1,
  });
});
