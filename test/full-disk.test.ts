import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { requirePart } from './requirement.js';
import { startedRun } from './support/drill-run.js';
import type { StartedWorker } from './support/started-worker.js';
import { until } from './support/until.js';
import { root, Workplace } from './support/workplace.js';

/** Fits the data stages of the recipe below, not its base, whose embedding alone has 512 KiB. */
const DISK = '400k';

let place: Workplace;
let recipe: string;
beforeAll(async () => {
  place = await Workplace.open('full-disk');
  recipe = join(place.folder, 'recipe.yaml');
  writeFileSync(
    recipe,
    `extends: ${join(root, 'recipes/base/tiny.yaml')}
name: full-disk
data: { train: { synthetic: { rows: 60, seed: 1 } }, test: { synthetic: { rows: 10, seed: 2 } } }
folds: { count: 2, blind_fraction: 0 }
models:
  pupil: { tiny: { family: llama, hidden_size: 64, num_hidden_layers: 1, vocab_size: 2048, warm_up: { on: none } } }
teachers: {}
student: { base: pupil }
`,
  );
});
afterAll(() => place.close());

/** A worker on whose disk nothing else has room; others do not see that disk, and it is gone with the worker. */
function crampedWorker(unshare: string): Promise<StartedWorker> {
  const folder = join(place.folder, '.nacre');
  mkdirSync(folder, { recursive: true });
  const mount = `mount -t tmpfs -o size=${DISK} tmpfs ${folder} && exec "$@"`;
  return place.worker(undefined, [unshare, '--map-root-user', '--mount', 'sh', '-c', mount, 'sh']);
}

test('a disk that fills up under the data fails the run with one sentence that says where, and what to do', async (context) => {
  const worker = await crampedWorker(requirePart(context, 'small-disk'));
  const { code, stdout } = await place.nacre('start', recipe, '--set', 'data.train.synthetic.rows=4000');
  await worker.stop();
  expect(code).toBe(1);
  const sentence =
    /^synthesize\/(train|test): No space is left for \S+\/work\/\S+: free some, or put the folder on a larger disk\.$/m;
  expect(stdout).toMatch(sentence);
});

test('a disk that fills up under a Python task holds the stage with one sentence; on a larger disk it goes on', async (context) => {
  const worker = await crampedWorker(requirePart(context, 'small-disk'));
  const { code, stdout } = await place.nacre('--json', 'start', recipe);
  await worker.stop();
  expect(code).toBe(3);
  const end = stdout.split('\n').find((line) => line.includes('"run-end"')) ?? '{}';
  expect(JSON.parse(end)).toMatchObject({
    state: 'held',
    message:
      "base/pupil: DoesNotFit: the disk of the task's folders is full; free space or give the worker a larger disk",
  });
  const run = startedRun(stdout);
  const larger = await place.worker();
  expect(await place.nacre('retry', run, 'base/pupil')).toMatchObject({ code: 0 });
  await until('the stage is done', async () => {
    const { stages } = await place.progress(run);
    return stages.find(({ name }) => name === 'base/pupil')?.state === 'done';
  });
  expect(await place.nacre('cancel', run)).toMatchObject({ code: 0 });
  await larger.stop();
});
