import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { studyResultsSchema } from '@nacre/contracts/study';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { Workplace } from './support/workplace.js';

const recipe = `nacre: 1
name: base
data: { train: { synthetic: { rows: 60, seed: 31 } }, test: { synthetic: { rows: 12, seed: 33 } } }
folds: { count: 2, blind_fraction: 0.3 }
prompt: { max_tokens: 64 }
models:
  small:
    tiny:
      family: llama
      hidden_size: 32
      intermediate_size: 32
      num_hidden_layers: 1
      num_attention_heads: 2
      num_key_value_heads: 1
      vocab_size: 512
      warm_up: { rows: 24, steps: 2, batch: 8 }
training: { adapter: { rank: 4, alpha: 8 }, global_batch: 16, dtype: float32 }
teachers: {}
student: { base: small, epochs: 1, learning_rate: 0.01 }
run: { pools: { gpu: { device: cpu, concurrency: 2 } } }
`;
const study = `nacre_study: 1
name: merging
question: Does the way of merging matter?
recipe: base.yaml
seeds: [5]
arms: { product: {}, factor: { merge.method: factor_mean } }
baseline: product
`;

let place: Workplace;
beforeAll(async () => {
  place = await Workplace.open('study');
  writeFileSync(join(place.folder, 'base.yaml'), recipe);
  writeFileSync(join(place.folder, 'study.yaml'), study);
});
afterAll(() => place.close());

const resultsFile = () => join(place.folder, 'study.results.json');
const results = () => studyResultsSchema.parse(JSON.parse(readFileSync(resultsFile(), 'utf8')));

test('a study compares its arms, computes what they share once, and finds its finished runs again', async () => {
  const worker = await place.worker();
  const first = await place.nacre('study', 'study.yaml');
  expect(first).toMatchObject({ code: 0 });
  expect(first.stdout).toContain('study merging: 2 arms, 1 seeds, 2 runs, 0 measured');
  expect(first.stdout).toContain('predicted  nothing yet for 2 runs: the first is measured');
  expect(first.stdout).toMatch(/^predicted {2}\d+ s for 1 runs, by the runs measured so far$/m);
  expect(first.stdout).toMatch(
    /^\| factor \| `merge\.method="factor_mean"` \| 1 \| \d\.\d{4} \| product \| [+−]0\.\d{4} \|/m,
  );

  const { loss, rows, runs } = results();
  expect(loss).toBe('expected');
  expect(rows).toHaveLength(1);
  expect(runs.map(({ arm, losses }) => [arm, losses.length])).toEqual([
    ['product', 18],
    ['factor', 18],
  ]);
  // Guessing among three classes costs ln 3; a student of one epoch is about there, and no loss is 0.
  const mean = (losses: readonly number[]) =>
    losses.reduce((sum, each) => sum + each, 0) / losses.length / 1000;
  for (const { losses } of runs) expect(Math.abs(mean(losses) - Math.log(3))).toBeLessThan(0.3);
  const [product, factor] = runs;
  expect(factor).toMatchObject({ computed: 2, reused: (product?.computed ?? 0) - 2 });
  await worker.stop();

  // No worker is there any more: nothing can be computed, and nothing has to be.
  const kept = await place.nacre('study', 'study.yaml');
  expect(kept.code).toBe(0);
  expect(kept.stdout).not.toContain('measured  ');
  const before = results();
  rmSync(resultsFile());
  const found = await place.nacre('study', 'study.yaml');
  expect(found.stdout).toContain('measured  factor, seed 5  found finished');
  expect(results()).toEqual(before);
  const page = await place.nacre('study', 'study.yaml', '--render');
  expect(page.stdout).toContain('2 of 2 runs measured');
});
