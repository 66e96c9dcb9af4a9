import { textTable } from '../output.js';
import { coverageOf } from './choose-targets.js';
import { allCells, cellName, moments, stageGroups, unreachableBecause, victims } from './drill-cell.js';
import type { DrillRun } from './drill-record.js';

/**
 * How often each victim was hit, by stage group and moment; `·` stands where nothing can be hit, and below the table
 * why.
 */
export function coverageTable(runs: readonly Pick<DrillRun, 'disturbances'>[]): string {
  const coverage = coverageOf(runs);
  const rows = stageGroups.flatMap((group) =>
    moments.map((moment) => [
      group,
      moment,
      ...victims.map((victim) =>
        unreachableBecause({ group, moment, victim }) === undefined
          ? String(coverage.get(cellName({ group, moment, victim })) ?? 0)
          : '·',
      ),
    ]),
  );
  const table = textTable(
    [['stages', 'moment', ...victims], ...rows],
    new Set(victims.map((_, index) => index + 2)),
  );
  const reasons = [...new Set(allCells.flatMap((cell) => unreachableBecause(cell) ?? []))];
  return `${table}\n\n· cannot be hit: ${reasons.join('; ')}.`;
}
