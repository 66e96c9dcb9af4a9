import { expect, test } from 'vitest';

import { MemoryLadder, rungText, type LadderPlace } from './memory-ladder.js';

const place: LadderPlace = { model: 'llama', work: 'train', queue: 'nacre-gpu-local' };

test('a place that ran out of memory is one rung lower from then on, others are not', () => {
  const ladder = new MemoryLadder();
  ladder.ranOut(place, 0);
  expect(ladder.rung({ ...place })).toBe(1);
  for (const other of [{ model: 'qwen' }, { work: 'forward' }, { queue: 'nacre-gpu-8x80g' }] as const)
    expect(ladder.rung({ ...place, ...other })).toBe(0);
});

test('two stages that ran out of memory on the same rung go down once', () => {
  const ladder = new MemoryLadder();
  ladder.ranOut(place, 0);
  ladder.ranOut(place, 0);
  expect(ladder.rung(place)).toBe(1);
  ladder.ranOut(place, 1);
  ladder.ranOut(place, 0);
  expect(ladder.rung(place)).toBe(2);
});

test.each([
  [1, 4096, 'rung 1: 4,096 tokens a micro-batch'],
  [3, 512, 'rung 3: 512 tokens a micro-batch'],
  [13, 1, 'rung 13: 1 token a micro-batch'],
  [1, 1_048_576, 'rung 1: 1,048,576 tokens a micro-batch'],
])('rung %d of %d tokens reads %j', (rung, micro_batch_tokens, text) => {
  expect(rungText({ rung, micro_batch_tokens })).toBe(text);
});
