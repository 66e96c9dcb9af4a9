import { afterAll, beforeAll, expect, test } from 'vitest';

import { drillRecipe, startedRun, submissionOf } from './support/drill-run.js';
import { Workplace } from './support/workplace.js';

let place: Workplace;
beforeAll(async () => {
  place = await Workplace.open('two-labels');
});
afterAll(() => place.close());

test('a recipe without ties runs to a submission with two columns', async () => {
  const worker = await place.worker();
  const { code, stdout, stderr } = await place.nacre(
    '--json',
    'start',
    drillRecipe,
    '--set',
    'labels=[model_a, model_b]',
  );
  await worker.stop();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [header, ...rows] = (await submissionOf(place, startedRun(stdout))).trimEnd().split('\n');
  expect(header).toBe('id,winner_model_a,winner_model_b');
  expect(rows).toHaveLength(40);
  for (const row of rows) {
    const [, first, second] = row.split(',');
    expect(Number(first) + Number(second)).toBeCloseTo(1, 5);
  }
});
