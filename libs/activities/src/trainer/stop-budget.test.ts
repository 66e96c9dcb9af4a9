import { expect, test } from 'vitest';

import { graceWarning, stopBudget } from './stop-budget.js';
import { TaskWatch } from './task-watch.js';

const seen = { saveUnknown: false };

test('a task that has shown nothing yet gets thirty seconds', () => {
  expect(stopBudget({ step: 0, save: 0, upload: 0, ...seen })).toBe(30);
});

test('a step, a save and an upload are given twice the time that they took', () => {
  expect(stopBudget({ step: 20, save: 45, upload: 60, ...seen })).toBe(250);
});

test('a training that has not saved yet may take minutes for it, and as long as its save showed after it', () => {
  const training = new TaskWatch(true);
  expect(stopBudget(training.stopTimes(0))).toBe(300);
  training.hear({ type: 'checkpoint-written', at: 0, step: 1, folder: '/a', bytes: 1, seconds: 45 });
  expect(stopBudget(training.stopTimes(0))).toBe(90);
  expect(stopBudget(new TaskWatch(false).stopTimes(0))).toBe(30);
});

test('a stop that fits the grace is not warned of', () => {
  expect(
    graceWarning('teacher/a/fold-0', { step: 5, save: 5, upload: 30, ...seen }, 40, 600),
  ).toBeUndefined();
});

test('a stop that does not fit is told with its times, the grace and what a stop would lose', () => {
  const warning = graceWarning('teacher/a/fold-0', { step: 20, save: 45, upload: 60, ...seen }, 40, 600);
  for (const fact of ['teacher/a/fold-0', '125 s', 'has 40 s', 'at most 600 s', 'NACRE_SHUTDOWN_GRACE'])
    expect(warning).toContain(fact);
});
