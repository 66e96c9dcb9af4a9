import * as errors from '@nacre/contracts/errors';
import { describe, expect, it } from 'vitest';

import { exitCodeOf, exitCodeOfState } from './exit-codes.js';
import { UsageError } from './usage-error.js';
import { WorkerUnreachable } from './worker-unreachable.js';

describe('exit codes', () => {
  it.each([
    ['succeeded', 0],
    ['failed', 1],
    ['held', 3],
    ['cancelled', 5],
  ] as const)('a run that %s ends its watcher with %d', (state, code) => {
    expect(exitCodeOfState(state)).toBe(code);
  });

  it.each<[string, Error, number]>([
    ['the recipe', new errors.InvalidRecipe('x'), 2],
    ['data refused before the start', new errors.InvalidData('x'), 2],
    ['usage', new UsageError('x'), 2],
    ['Temporal', new errors.TemporalUnreachable('x'), 4],
    ['the store', new errors.StoreUnavailable('x'), 4],
    ['no worker', new WorkerUnreachable('x'), 4],
    ['anything else on purpose', new errors.DoesNotFit('x'), 1],
    ['a bug', new TypeError('x'), 1],
  ])('a command that fails by %s ends so', (_, error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});
