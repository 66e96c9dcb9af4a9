import { expect, it } from 'vitest';

import { shutdownGrace } from './shutdown-grace.js';

it.each([
  [undefined, 40_000],
  ['3m', 180_000],
  ['500ms', 500],
])('NACRE_SHUTDOWN_GRACE=%s is %d ms', (grace, expected) => {
  expect(shutdownGrace({ NACRE_SHUTDOWN_GRACE: grace })).toBe(expected);
});

it.each(['40', '', 'long', '-3s'])('NACRE_SHUTDOWN_GRACE=%s is refused with an example', (grace) => {
  expect(() => shutdownGrace({ NACRE_SHUTDOWN_GRACE: grace })).toThrow(
    `NACRE_SHUTDOWN_GRACE=${grace} is no duration; write a number and a unit, e.g. 3m`,
  );
});
