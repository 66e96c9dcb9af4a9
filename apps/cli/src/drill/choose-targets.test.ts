import { describe, expect, it } from 'vitest';

import { chooseTargets, coverageOf } from './choose-targets.js';
import { coverageTable } from './coverage-table.js';
import { allCells, cellName, reachableCells, unreachableBecause } from './drill-cell.js';
import type { DrillRun, Target } from './drill-record.js';
import { SeededRandom } from './seeded-random.js';

function runWith(run: number, targets: readonly Target[]): DrillRun {
  const disturbances = targets.map((target) => ({ ...target, stage: 'merge', pid: 1, at_seconds: 0 }));
  return { run, targets: [], disturbances, retries: 0, outcome: 'identical', message: null, seconds: 1 };
}

describe('the targets of a run', () => {
  it('are the same for the same seed and others for another', () => {
    const chosen = (seed: string) => chooseTargets([], new SeededRandom(seed), 8);
    expect(chosen('1 1')).toEqual(chosen('1 1'));
    expect(chosen('1 1')).not.toEqual(chosen('2 1'));
  });

  it('are the emptiest cells: ten runs of eight that all hit leave none empty and none hit thrice', () => {
    const runs: DrillRun[] = [];
    for (let run = 1; run <= 10; run += 1)
      runs.push(runWith(run, chooseTargets(runs, new SeededRandom(`7 ${String(run)}`), 8)));
    const counts = [...coverageOf(runs).values()];
    expect(counts).toHaveLength(reachableCells.length);
    expect(Math.min(...counts)).toBe(1);
    expect(Math.max(...counts)).toBeLessThanOrEqual(2);
  });

  it('give every victim each of its actions in turn', () => {
    const runs: DrillRun[] = [];
    for (let run = 1; run <= 10; run += 1)
      runs.push(runWith(run, chooseTargets(runs, new SeededRandom(`7 ${String(run)}`), 8)));
    const actions = (victim: string) =>
      new Set(
        runs.flatMap(({ disturbances }) =>
          disturbances.filter((hit) => hit.victim === victim).map(({ action }) => action),
        ),
      );
    expect(actions('temporal')).toEqual(new Set(['SIGKILL', 'SIGTERM', 'SIGSTOP', 'delete']));
    for (const victim of ['trainer', 'rank', 'worker', 's3'])
      expect(actions(victim)).toEqual(new Set(['SIGKILL', 'SIGTERM', 'SIGSTOP']));
  });
});

describe('the coverage table', () => {
  it('tells a cell that is empty from one that cannot be hit, and why', () => {
    const [first] = chooseTargets([], new SeededRandom('1'), 1);
    const table = coverageTable([
      runWith(1, first === undefined ? [] : [{ ...first, group: 'train', moment: 'save', victim: 'rank' }]),
    ]);
    expect(table).toMatch(/^train +save +0 +1 +0 +0 +0$/m);
    expect(table).toMatch(/^data +save +· +· +· +· +·$/m);
    expect(table).toContain('only a training saves checkpoints');
  });

  it.each([
    ['train/save/rank', true],
    ['train/upload/trainer', true],
    ['logits/upload/trainer', false],
    ['data/claim/trainer', false],
    ['publish/publish/worker', true],
    ['merge-quantize/save/worker', false],
  ])('%s can be hit: %s', (name, reachable) => {
    const cell = allCells.find((each) => cellName(each) === name);
    expect(cell !== undefined && unreachableBecause(cell) === undefined).toBe(reachable);
  });
});
