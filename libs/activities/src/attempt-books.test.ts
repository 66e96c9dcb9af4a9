import type { AttemptLedger, StageCall } from '@nacre/contracts/run';
import type { TaskEvent } from '@nacre/contracts/trainer';
import { beforeEach, expect, test } from 'vitest';

import { AttemptBooks } from './attempt-books.js';

const call = {
  name: 'teacher/a/fold-0',
  kind: 'train_teacher',
  key: '0'.repeat(64),
  run: { workflow_id: 'w', run_id: 'r' },
} as StageCall;

/** Seconds since the epoch: the one clock of worker and task. */
let now: number;
let books: AttemptBooks;
beforeEach(() => {
  now = 1_000;
  books = new AttemptBooks(() => now * 1000);
});

const ledger = () => books.ledger(call, 3, 'worker 1');
const hear = (event: Record<string, unknown>) => {
  books.hear({ at: now, ...event } as TaskEvent);
};
const spent = (seconds: Partial<Record<'load' | 'step' | 'evaluation' | 'checkpoint' | 'wait', number>>) => {
  hear({ type: 'time-spent', seconds });
};
const stepEnd = (step: number, seconds: number) => {
  hear({ type: 'step-end', step, steps: 100, seconds });
};

/** What the categories leave of the attempt's age, in seconds. */
function unaccounted({ started_at, seen_at, seconds }: AttemptLedger): number {
  const { at_risk, ...uses } = seconds;
  expect(at_risk).toBeLessThanOrEqual(uses.step);
  return (seen_at - started_at) / 1000 - Object.values(uses).reduce((sum, use) => sum + use, 0);
}

/** Claim 2 s, fetch 3 s, way to the process 1 s; the task has been alive for 4 s when it first speaks. */
function untilTaskStart(): void {
  now += 2;
  books.begin('load');
  now += 3;
  books.begin('task');
  now += 5;
  hear({ type: 'task-start', task: 'train', pid: 1 });
}

test('an undisturbed training: each second is where it belongs, and nothing is left over', () => {
  untilTaskStart();
  now += 6;
  spent({ load: 10 });
  now += 20;
  stepEnd(10, 2);
  spent({ load: 10, step: 20 });
  now += 3;
  hear({ type: 'checkpoint-written', step: 10, folder: '/c', bytes: 5, seconds: 1 });
  now += 9;
  spent({ load: 11, step: 27, evaluation: 3, checkpoint: 1 });
  now += 0.25;
  books.begin('publish');
  now += 4;
  books.end('done', null);
  const { seconds, ...facts } = ledger();
  expect(seconds).toEqual({
    wait: 2 + 1,
    load: 3 + 11,
    step: 27.25,
    at_risk: 0,
    evaluation: 3,
    checkpoint: 1,
    publish: 4,
  });
  expect(facts).toMatchObject({ term: 3, ended: 'done', error: null, step: 10, first_step: 0 });
  expect(unaccounted(ledger())).toBeCloseTo(0, 9);
});

test('what is at risk is what was computed since the newest checkpoint that reached the store', () => {
  untilTaskStart();
  spent({ load: 4 });
  now += 30;
  stepEnd(30, 30);
  hear({ type: 'checkpoint-written', step: 30, folder: '/c', bytes: 5, seconds: 0 });
  now += 8;
  stepEnd(38, 8);
  expect(ledger()).toMatchObject({ durable_step: 0, seconds: { step: 38, at_risk: 38 } });
  books.durable({ step: 30, bytes: 5, seconds: 7 });
  expect(books.madeProgress).toBe(true);
  expect(ledger()).toMatchObject({
    step: 38,
    durable_step: 30,
    seconds: { step: 38, at_risk: 8 },
    uploads: { count: 1, bytes: 5, seconds: 7 },
  });
  books.end('failed', 'NodeLost');
  expect(ledger()).toMatchObject({ ended: 'failed', error: 'NodeLost', seconds: { at_risk: 8 } });
});

test('an attempt that goes on from a checkpoint begins there', () => {
  untilTaskStart();
  hear({ type: 'checkpoint-loaded', step: 40, seconds: 2 });
  now += 5;
  stepEnd(41, 1);
  expect(ledger()).toMatchObject({ first_step: 40, step: 41, durable_step: 40 });
  expect(ledger().seconds.at_risk).toBe(ledger().seconds.step);
});

test.each([1, 7, 100])('seen %d s after the last word of a task, nothing is left over', (silence) => {
  untilTaskStart();
  now += 2;
  spent({ load: 6 });
  now += 10;
  stepEnd(1, 4);
  now += 5;
  hear({ type: 'evaluation-end', step: 1, rows: 3, loss: 1, seconds: 2 });
  now += silence;
  expect(ledger().seconds).toMatchObject({ load: 3 + 6 + 6, step: 4 + 3 + silence, evaluation: 2 });
  expect(unaccounted(ledger())).toBeCloseTo(0, 9);
});

test('a task that has not spoken yet is waited for', () => {
  now += 2;
  books.begin('load');
  books.begin('task');
  now += 9;
  expect(ledger().seconds).toMatchObject({ wait: 11, step: 0, load: 0 });
});

test('a second process after a refused checkpoint is booked beside the first', () => {
  untilTaskStart();
  now += 1;
  spent({ load: 5 });
  now += 2;
  hear({ type: 'task-start', task: 'train', pid: 2 });
  now += 3;
  spent({ load: 4 });
  now += 10;
  stepEnd(1, 10);
  expect(ledger().seconds).toMatchObject({ wait: 2 + 1 + 1, load: 3 + 5 + 4, step: 10 });
  expect(unaccounted(ledger())).toBeCloseTo(0, 9);
});

test('a stage that Node computes is a step from the fetched inputs to the upload', () => {
  now += 1;
  books.begin('load');
  now += 2;
  books.begin('step');
  now += 3;
  books.begin('publish');
  now += 4;
  books.end('done', null);
  expect(ledger().seconds).toMatchObject({ wait: 1, load: 2, step: 3, publish: 4 });
  expect(unaccounted(ledger())).toBe(0);
});
