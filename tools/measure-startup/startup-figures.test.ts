import { describe, expect, it } from 'vitest';

import { median, startupMarkdown } from './startup-figures.mjs';

describe('the median', () => {
  it.each([
    [[3], 3],
    [[10, 2, 9], 9],
    [[4, 1, 100, 2], 3],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('of nothing is refused', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

it('figures are a table with median, range and count, and end with the command', () => {
  const lines = startupMarkdown([{ name: 'a wait', seconds: [2, 1, 4] }], 'again').split('\n');
  expect(lines).toContain('| a wait | 2.00 s | 1.00 s … 4.00 s | 3 |');
  expect(lines.at(-1)).toBe('`again`');
});
