import { InvalidRecipe } from '@nacre/contracts/errors';
import { expect, it } from 'vitest';

import { parseGpuIds } from './gpu-ids.js';

it.each([
  ['0', [0]],
  ['0-3', [0, 1, 2, 3]],
  ['6, 0-2', [0, 1, 2, 6]],
  ['10-12,11', [10, 11, 12]],
])('%j are the GPUs %j', (text, ids) => {
  expect(parseGpuIds(text)).toEqual(ids);
});

it.each(['', '0,', '3-1', '-1', '1.5', 'all', '0-'])('%j is refused with an example', (text) => {
  expect(() => parseGpuIds(text)).toThrow(InvalidRecipe);
  expect(() => parseGpuIds(text)).toThrow('e.g. 0-3,6');
});
