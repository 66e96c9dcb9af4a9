import { InvalidRecipe } from '@nacre/contracts/errors';
import { ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { expect, it } from 'vitest';

import { failureOf } from './failure-text.js';

const refusal = (code: number) =>
  Object.assign(new Error('raw'), { code, details: 'no connection established', metadata: {} });

it('what Nacre raises on purpose is its own sentence, without a stack', () => {
  expect(failureOf(new InvalidRecipe('folds.count: too few'))).toEqual({
    text: 'folds.count: too few',
    code: 2,
  });
});

it('a server that is gone in mid-command is unreachable, not a bug', () => {
  const failure = failureOf(new ServiceError('Failed to describe', { cause: refusal(14) }));
  expect(failure.code).toBe(4);
  expect(failure.text).toMatch(/^Temporal stopped answering \(no connection established\)\. A run goes on/);
});

it('a run that is not there, or ended meanwhile, is named', () => {
  const failure = failureOf(new WorkflowNotFoundError('not found', 'demo-1', undefined));
  expect(failure).toEqual({
    text: 'demo-1: no such run, or it has ended; `npx nacre runs` lists them',
    code: 2,
  });
});

it.each([[new TypeError('bug')], [new ServiceError('refused', { cause: refusal(3) })]])(
  'a bug shows its stack: %s',
  (error) => {
    expect(failureOf(error)).toEqual({ text: error.stack, code: 1 });
  },
);

it('a thrown value that is no error is shown', () => {
  expect(failureOf('text')).toEqual({ text: 'text', code: 1 });
});
