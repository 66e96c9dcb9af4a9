import { expect, it } from 'vitest';

import { durationSchema, milliseconds } from './duration.js';

it.each([
  ['500ms', 500],
  ['90s', 90_000],
  ['1.5m', 90_000],
  ['12h', 43_200_000],
  ['3d', 259_200_000],
  ['0s', 0],
])('%s is %d milliseconds', (text, expected) => {
  expect(durationSchema.parse(text)).toBe(text);
  expect(milliseconds(text)).toBe(expected);
});

it.each(['', '5', 's', '-5s', '5 s', '5S', '1.s', '.5s', '5w', '1e3s', '5s\n5s'])(
  '%j is no duration',
  (text) => {
    expect(durationSchema.safeParse(text).success).toBe(false);
    expect(() => milliseconds(text)).toThrow(`${text} is no duration; write a number and a unit, e.g. 90s`);
  },
);
