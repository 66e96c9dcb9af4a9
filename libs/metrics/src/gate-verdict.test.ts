import { describe, expect, it } from 'vitest';

import { gateVerdict } from './gate-verdict.js';

const difference = (low: number, value: number, high: number) => ({
  to: 'single_fold',
  rows: 800,
  value,
  interval: [low, high] as [number, number],
});

describe('a gate with a limit of 0.003', () => {
  it.each([
    ['all of the interval is better', -0.02, -0.01, 'pass'],
    ['all of the interval is within the limit', -0.001, 0.003, 'pass'],
    ['all of the interval is beyond the limit', 0.0031, 0.02, 'fail'],
    ['the interval holds the limit', -0.01, 0.0031, 'undetermined'],
    ['the interval begins at the limit', 0.003, 0.02, 'undetermined'],
  ] as const)('where %s: %#', (_, low, high, outcome) => {
    const verdict = gateVerdict({
      gate: 'merge',
      max_log_loss_rise: 0.003,
      difference: difference(low, (low + high) / 2, high),
    });
    expect(verdict.outcome).toBe(outcome);
  });

  it('says what it measured, on how many rows, and that it cannot tell', () => {
    const { sentence } = gateVerdict({
      gate: 'quantize',
      max_log_loss_rise: 0.003,
      difference: difference(-0.01, 0.001, 0.012),
    });
    expect(sentence).toBe(
      'gates.quantize: the 8-bit student is +0.0010 log loss against the merged student on 800 blind rows ' +
        '(95 % interval -0.0100 to +0.0120), the limit is +0.0030: the interval is too wide to tell',
    );
  });
});
