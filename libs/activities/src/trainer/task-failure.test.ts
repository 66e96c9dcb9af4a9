import { dispositionOf } from '@nacre/contracts/errors';
import { exitCodes } from '@nacre/contracts/trainer';
import { expect, test } from 'vitest';

import { taskFailure } from './task-failure.js';

test.each([
  ['invalid_request', 'ContractViolation', 'hold'],
  ['invalid_data', 'InvalidData', 'fail'],
  ['non_finite', 'NonFiniteLoss', 'hold'],
  ['stopped', 'TrainerStopped', 'retry'],
  ['out_of_memory', 'OutOfMemory', 'hold'],
  ['device_fault', 'DeviceFault', 'retry'],
  ['checkpoint_refused', 'CheckpointRefused', 'retry'],
  ['does_not_fit', 'DoesNotFit', 'hold'],
  ['collective_timeout', 'CollectiveTimeout', 'retry'],
] as const)('a task that ended with %s is %s and what becomes of it is %s', (code, name, disposition) => {
  const failure = taskFailure(exitCodes[code], name, 'its own words');
  expect(failure).toMatchObject({ name, message: 'its own words' });
  expect(dispositionOf(failure.name)).toBe(disposition);
});

test('a rank that was killed is a lost node, whatever the exit code', () => {
  expect(taskFailure(137, 'NodeLost', 'rank 1 was killed by SIGKILL').name).toBe('NodeLost');
});

test('an error that the task named wins over the exit code; a name that nobody knows does not', () => {
  expect(taskFailure(134, 'DeviceFault', 'words').name).toBe('DeviceFault');
  expect(taskFailure(exitCodes.invalid_data, 'KeyError', 'words').name).toBe('InvalidData');
});

test('any other exit code is a crash that names it', () => {
  expect(taskFailure(3, undefined, 'words')).toMatchObject({
    name: 'TrainerCrashed',
    data: { exit_code: 3 },
  });
});

test('every exit code but the one for done has an error of its own', () => {
  const codes = Object.values(exitCodes).filter((code) => code !== exitCodes.done);
  expect(new Set(codes.map((code) => taskFailure(code, undefined, '').name)).size).toBe(codes.length);
});
