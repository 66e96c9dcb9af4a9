import { comparedWith, type MeasuredModel, type Study, type StudyResults } from '@nacre/contracts/study';
import { studyComparisons, type StudyComparison } from '@nacre/metrics';

import type { StudyFile } from './read-study.js';
import { timeText } from './study-plan.js';

const models: Readonly<Record<MeasuredModel, string>> = {
  single_fold: 'the students of the folds, one at a time',
  student: "the mean of the folds' students",
  merged: 'the merged student',
  quantized: 'the merged student in 8 bits',
};

const losses: Readonly<Record<StudyResults['loss'], string>> = {
  expected: 'expected loss −Σ p_true ln p_model against the true distribution of each row',
  votes: 'log loss of the votes',
};

/** One study as a section of a page: the question, the command, and its table or that nothing was measured. */
export function studySection({ file, study }: StudyFile, results: StudyResults | undefined): string {
  const arms = Object.keys(study.arms).length;
  const runs = arms * study.seeds.length;
  return [
    `## ${study.name}`,
    '',
    study.question,
    '',
    `\`npx nacre study ${file}\`: ${String(arms)} arms, ${counted(study.seeds.length, 'seed')} (${study.seed_keys.map((key) => `\`${key}\``).join(', ')}), ` +
      `each starting from \`${study.recipe}\` and measured by ${models[study.measured]} on the blind rows.`,
    '',
    ...(results === undefined || results.runs.length === 0
      ? ['No run of this study has been measured yet.', '', ...plannedTable(study)]
      : [
          `${String(results.runs.length)} of ${String(runs)} runs measured, ${timeText(results.runs.reduce((sum, { seconds }) => sum + seconds, 0))} in all; ${losses[results.loss]}.`,
          '',
          ...comparisonTable(study, studyComparisons(study, results)),
        ]),
  ].join('\n');
}

/** The lines of a study's table. Below 0, an arm is better than the one it is compared with. */
export function comparisonTable(study: Study, comparisons: readonly StudyComparison[]): string[] {
  return [
    '| arm | changes | runs | loss | minus | difference | 95 % interval | by seed | |',
    '|:--|:--|--:|--:|:--|--:|:-:|:-:|:--|',
    ...comparisons.map(({ arm, against, runs, loss, difference }) =>
      row([
        arm,
        changesText(study.arms[arm] ?? {}),
        String(runs),
        loss === null ? '' : loss.toFixed(4),
        against ?? '',
        difference === null ? '' : signed(difference.value),
        difference === null ? '' : difference.interval.map(signed).join(' … '),
        difference === null ? '' : spread(difference.bySeed.map(({ value }) => value)),
        difference?.verdict ?? '',
      ]),
    ),
  ];
}

function plannedTable(study: Study): string[] {
  return [
    '| arm | changes | minus |',
    '|:--|:--|:--|',
    ...Object.entries(study.arms).map(([arm, changes]) =>
      row([arm, changesText(changes), comparedWith(study, arm) ?? '']),
    ),
  ];
}

function changesText(changes: Readonly<Record<string, unknown>>): string {
  const each = Object.entries(changes).map(([key, value]) => `\`${key}=${JSON.stringify(value)}\``);
  return each.length === 0 ? 'none' : each.join(', ');
}

/** From the least to the greatest, in the order of the number line. */
function spread(values: readonly number[]): string {
  const [only = Number.NaN] = values;
  return values.length === 1
    ? signed(only)
    : `${signed(Math.min(...values))} … ${signed(Math.max(...values))}`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function counted(count: number, what: string): string {
  return `${String(count)} ${what}${count === 1 ? '' : 's'}`;
}
