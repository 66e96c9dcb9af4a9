import { cellName, moments, reachableCells, stageGroups, type DrillCell, type Victim } from './drill-cell.js';
import type { Action, DrillRun, Target } from './drill-record.js';
import type { SeededRandom } from './seeded-random.js';

const actionsOf: Readonly<Record<Victim, readonly Action[]>> = {
  trainer: ['SIGKILL', 'SIGTERM', 'SIGSTOP'],
  rank: ['SIGKILL', 'SIGTERM', 'SIGSTOP'],
  worker: ['SIGKILL', 'SIGTERM', 'SIGSTOP'],
  temporal: ['SIGKILL', 'SIGTERM', 'SIGSTOP', 'delete'],
  s3: ['SIGKILL', 'SIGTERM', 'SIGSTOP'],
};

/** How often each cell was hit, by its name. */
export function coverageOf(runs: readonly Pick<DrillRun, 'disturbances'>[]): ReadonlyMap<string, number> {
  const counts = new Map(reachableCells.map((cell) => [cellName(cell), 0]));
  for (const { disturbances } of runs)
    for (const hit of disturbances) counts.set(cellName(hit), (counts.get(cellName(hit)) ?? 0) + 1);
  return counts;
}

/**
 * What the next run is disturbed by: the emptiest cells, in the order in which a run comes to them. Each victim gets
 * the action that it has had least often.
 */
export function chooseTargets(runs: readonly DrillRun[], random: SeededRandom, count: number): Target[] {
  const coverage = coverageOf(runs);
  const emptiest = random
    .shuffled(reachableCells)
    .sort((left, right) => (coverage.get(cellName(left)) ?? 0) - (coverage.get(cellName(right)) ?? 0))
    .slice(0, count)
    .sort((left, right) => place(left) - place(right));
  const done = runs.flatMap(({ disturbances }) => disturbances as readonly Target[]);
  const targets: Target[] = [];
  for (const cell of emptiest) {
    const times = (action: Action) =>
      [...done, ...targets].filter((other) => other.victim === cell.victim && other.action === action).length;
    const [action = 'SIGKILL'] = random
      .shuffled(actionsOf[cell.victim])
      .sort((left, right) => times(left) - times(right));
    targets.push({ ...cell, action });
  }
  return targets;
}

function place({ group, moment }: DrillCell): number {
  return stageGroups.indexOf(group) * moments.length + moments.indexOf(moment);
}
