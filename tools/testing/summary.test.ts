import { expect, test } from 'vitest';
import { summaryOf } from './summary.mjs';
import type { Outcome } from './vitest-report.mjs';

const passed = (name: string, seconds: number): Outcome => ({ name, state: 'passed', seconds });

test('the summary names the slowest first, then failures, then what did not run, and closes on the counts', () => {
  const outcomes: Outcome[] = [
    passed('quick', 0.1),
    passed('slow', 12.345),
    { name: 'wrong', state: 'failed', seconds: 1 },
    { name: 'absent', state: 'skipped', seconds: 0, reason: 'no browser' },
  ];
  expect(summaryOf(outcomes).split('\n')).toEqual([
    'Slowest 3:',
    '   12.35 s  slow',
    '    1.00 s  wrong',
    '    0.10 s  quick',
    'Failed:',
    '  wrong',
    'Did not run:',
    '  absent (no browser)',
    '2 passed, 1 failed, 1 skipped',
  ]);
});

test('the summary shows twenty tests at most and says that everything ran', () => {
  const lines = summaryOf(Array.from({ length: 30 }, (_, index) => passed(`test ${index}`, index))).split(
    '\n',
  );
  expect(lines).toHaveLength(1 + 20 + 2);
  expect(lines.slice(-2)).toEqual(['Everything ran.', '30 passed, 0 failed, 0 skipped']);
});
