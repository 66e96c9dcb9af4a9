import { expect, test } from 'vitest';

import { graceWarning, stopBudget } from './stop-budget.js';

test('a task that has shown nothing yet gets thirty seconds', () => {
  expect(stopBudget({ step: 0, save: 0, upload: 0 })).toBe(30);
});

test('a step, a save and an upload are given twice the time that they took', () => {
  expect(stopBudget({ step: 20, save: 45, upload: 60 })).toBe(250);
});

test('a stop that fits the grace is not warned of', () => {
  expect(graceWarning('teacher/a/fold-0', { step: 5, save: 5, upload: 30 }, 40, 600)).toBeUndefined();
});

test('a stop that does not fit is told with its times, the grace and what a stop would lose', () => {
  const warning = graceWarning('teacher/a/fold-0', { step: 20, save: 45, upload: 60 }, 40, 600);
  for (const fact of ['teacher/a/fold-0', '125 s', 'has 40 s', 'at most 600 s', 'NACRE_SHUTDOWN_GRACE'])
    expect(warning).toContain(fact);
});
