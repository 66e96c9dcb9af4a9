import type { MeasuredRun } from '@nacre/contracts/study';
import { describe, expect, it } from 'vitest';

import { predictedTime, timeText } from './study-plan.js';

const run = (arm: string, seconds: number, computed = 1): MeasuredRun => ({
  ...{ arm, seed: 1, workflow_id: arm, seconds, computed, reused: 0, rows: 'a', losses: [1] },
});
const left = [{ arm: 'a' }, { arm: 'a' }, { arm: 'b' }];

describe('the predicted time', () => {
  it('is that of the measured runs of the same arm, of any arm for one that has none', () => {
    const runs = [run('a', 10), run('a', 20), run('c', 60)];
    // Twice the mean of a, and once the mean of all.
    expect(predictedTime(left, { runs }, { estimate_seconds: 1 })).toEqual({ seconds: 60, from: 'measured' });
  });

  it('is the estimate of the study file until a run was measured', () => {
    expect(predictedTime(left, { runs: [] }, { estimate_seconds: 40 })).toEqual({
      seconds: 120,
      from: 'estimate',
    });
  });

  it('does not count runs that computed nothing', () => {
    expect(predictedTime(left, { runs: [run('a', 0, 0)] }, { estimate_seconds: 40 })?.from).toBe('estimate');
  });

  it('is not known without either', () => {
    expect(predictedTime(left, { runs: [] }, {})).toBeUndefined();
  });

  it.each([
    [12.4, '12 s'],
    [90, '2 min'],
    [5400, '1 h 30 min'],
  ])('%d s is written %s', (seconds, text) => {
    expect(timeText(seconds)).toBe(text);
  });
});
