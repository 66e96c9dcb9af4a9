import { expect, test } from 'vitest';
import { checkDisk, isAtLeast } from './machine.mjs';
import { SetUpError } from './set-up-error.mjs';

test.each([
  ['20.19.0', '20.19', true],
  ['24.1.0', '20.19', true],
  ['20.9.5', '20.19', false],
  ['2.36', '2.28', true],
  ['2.4', '2.28', false],
  ['3.11.7', '3.11', true],
  ['3.9.21', '3.11', false],
])('%s is at least %s: %s', (found, wanted, expected) => {
  expect(isAtLeast(found, wanted)).toBe(expected);
});

test('a disk with too little room is refused with both figures and a remedy', () => {
  expect(() => checkDisk(1e18)).toThrow(SetUpError);
  expect(() => checkDisk(1e18)).toThrow(/needs 1000000000.0 GB .* there are \d+\.\d GB\. Free some/);
});
