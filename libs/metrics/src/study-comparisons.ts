import { InvalidStudy } from '@nacre/contracts/errors';
import {
  comparedWith,
  LOSS_UNIT,
  type MeasuredRun,
  type Study,
  type StudyResults,
} from '@nacre/contracts/study';

import { groupedMean } from './grouped-mean.js';

/** An arm of a study against the one that it is compared with. */
export interface StudyComparison {
  readonly arm: string;
  /** null for the baseline. */
  readonly against: string | null;
  /** Runs of the arm that were measured, and their mean loss; null without any. */
  readonly runs: number;
  readonly loss: number | null;
  /** Over the seeds that both arms were measured with; null where there is none. */
  readonly difference: StudyDifference | null;
}

/** A paired difference of losses, this arm minus that: below 0, this one is better. */
export interface StudyDifference {
  readonly value: number;
  /** 95 % interval over rows: prompt groups are drawn again, each with its rows under every seed. */
  readonly interval: readonly [number, number];
  readonly bySeed: readonly { readonly seed: number; readonly value: number }[];
  /** better or worse: the interval has one sign, every seed has it too, and there are at least two seeds. */
  readonly verdict: 'better' | 'worse' | 'undecided';
}

/**
 * The table of a study, one line per arm. The same row under several seeds is one prompt group, so that more seeds
 * make no more rows of it; how far seeds lie apart is told beside the interval, not inside it.
 *
 * @throws InvalidStudy when the two arms of a seed were measured on different rows, or rows are not there
 */
export function studyComparisons(study: Study, { rows, runs }: StudyResults): StudyComparison[] {
  const groups = new Map(rows.map(({ digest, groups: its }) => [digest, its.match(/.{6}/g) ?? []]));
  return Object.keys(study.arms).map((arm) => {
    const own = runs.filter((run) => run.arm === arm && study.seeds.includes(run.seed));
    const against = comparedWith(study, arm) ?? null;
    const pairs = own.flatMap((run) => {
      const other = runs.find((each) => each.arm === against && each.seed === run.seed);
      return other === undefined ? [] : [{ seed: run.seed, values: differences(run, other, groups) }];
    });
    return {
      arm,
      against,
      runs: own.length,
      loss: own.length === 0 ? null : mean(own.flatMap(({ losses }) => losses)) * LOSS_UNIT,
      difference: pairs.length === 0 ? null : difference(pairs),
    };
  });
}

type GroupedDifference = Parameters<typeof groupedMean>[0][number];

function differences(
  run: MeasuredRun,
  other: MeasuredRun,
  groups: ReadonlyMap<string, readonly string[]>,
): GroupedDifference[] {
  const place = `seed ${String(run.seed)}: ${run.arm} and ${other.arm}`;
  if (run.rows !== other.rows) {
    throw new InvalidStudy(`${place} were measured on different rows; an arm must not change the blind rows`);
  }
  const its = groups.get(run.rows);
  if (its?.length !== run.losses.length || its.length !== other.losses.length) {
    throw new InvalidStudy(`${place}: losses and rows ${run.rows} do not belong together`);
  }
  return its.map((prompt_group, row) => ({
    example_id: `${String(run.seed)}/${String(row)}`,
    prompt_group,
    value: ((run.losses[row] ?? Number.NaN) - (other.losses[row] ?? Number.NaN)) * LOSS_UNIT,
  }));
}

function difference(
  pairs: readonly { readonly seed: number; readonly values: readonly GroupedDifference[] }[],
): StudyDifference {
  const { mean: value, interval } = groupedMean(pairs.flatMap(({ values }) => values));
  const bySeed = pairs.map(({ seed, values }) => ({ seed, value: mean(values.map((row) => row.value)) }));
  const agreed = (sign: -1 | 1) =>
    bySeed.length >= 2 && [...interval, ...bySeed.map((each) => each.value)].every((each) => each * sign > 0);
  return {
    value,
    interval,
    bySeed,
    verdict: agreed(-1) ? 'better' : agreed(1) ? 'worse' : 'undecided',
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
