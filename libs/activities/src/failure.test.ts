import * as errors from '@nacre/contracts/errors';
import { errorTable, type ErrorName, type NacreError } from '@nacre/contracts/errors';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import { toFailure } from './failure.js';

type ErrorClass = new (message: string, data?: NacreError['data']) => NacreError;

describe('an error of the table', () => {
  test.each(Object.keys(errorTable) as ErrorName[])(
    '%s keeps its name and is retried as the table says',
    (name) => {
      const Class = (errors as unknown as Record<string, ErrorClass>)[name];
      if (Class === undefined) throw new Error(`no error class ${name}`);
      expect(toFailure(new Class('place and remedy', { row: 3 }))).toMatchObject({
        type: name,
        message: 'place and remedy',
        nonRetryable: errorTable[name] !== 'retry',
        details: [{ row: 3 }],
      });
    },
  );

  test.each([
    ['StageHeld', '30s'],
    ['DeviceBusy', '15s'],
    ['StoreUnavailable', undefined],
    ['NodeLost', undefined],
    ['TrainerStopped', undefined],
  ] as const)('%s waits for %s before it is tried again', (name, nextRetryDelay) => {
    expect(toFailure(new errors[name]('words'))).toMatchObject({ nextRetryDelay });
  });

  test('carries at most as much text as Temporal keeps', () => {
    expect(toFailure(new errors.TrainerCrashed('x'.repeat(10_000))).message).toHaveLength(3000);
  });
});

describe('any other error', () => {
  test.each([
    ['a bug', new TypeError('x is not a function'), 'TypeError', true],
    ['a thrown text', 'oops', 'Error', true],
    [
      'a full disk',
      Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', path: '/scratch/a' }),
      'DoesNotFit',
      true,
    ],
    [
      'a Temporal server that is away',
      Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: '', metadata: {} }),
      'TemporalUnreachable',
      false,
    ],
  ])('(%s) is named, and retried only where that can help', (_what, error, type, nonRetryable) => {
    expect(toFailure(error)).toMatchObject({ type, nonRetryable });
  });

  test('says which disk is full and what to do', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      path: '/scratch/a',
    });
    expect(toFailure(full).message).toBe(
      'no space left on the disk of /scratch/a; make room, then retry the stage',
    );
  });

  test('of a document that does not fit its schema is a broken contract', () => {
    const { error } = z.strictObject({}).safeParse({ key: 1 });
    expect(toFailure(error)).toMatchObject({ type: 'ContractViolation', nonRetryable: true });
  });
});

test("Temporal's own failures pass unchanged", () => {
  for (const failure of [new CancelledFailure('stop'), ApplicationFailure.retryable('again', 'Custom')]) {
    expect(toFailure(failure)).toBe(failure);
  }
});
