import { ContractViolation } from '@nacre/contracts/errors';
import type { LengthBias, LengthBucket } from '@nacre/contracts/measurement';
import type { Labels } from '@nacre/contracts/recipe';

import { groupedMean } from './grouped-mean.js';
import { logLoss } from './log-loss.js';
import type { AnswerLengths, ScoredRow } from './rows.js';

/** Ends of the buckets of the ratio of the two lengths. */
const RATIOS = [1, 1.25, 2, 4];

/**
 * How much more often a model prefers the longer answer than people do. People prefer longer answers too, so the
 * share alone says nothing; the excess over the votes of the same rows does. Rows with answers of one length are left
 * out; an empty answer makes the ratio infinite.
 *
 * @returns null where no row has answers of different length.
 * @throws ContractViolation naming a row whose lengths are not known.
 */
export function lengthBias(
  labels: Labels,
  rows: readonly ScoredRow[],
  lengths: ReadonlyMap<string, AnswerLengths>,
): LengthBias | null {
  const tie = (labels as readonly string[]).indexOf('tie');
  const compared = rows.flatMap((row) => {
    const known = lengths.get(row.example_id);
    if (known === undefined) throw new ContractViolation(`${row.example_id} has no lengths of its answers`);
    const { response_a: a, response_b: b } = known;
    if (a === b) return [];
    const longer = a > b ? 0 : 1;
    const half = (value: number) => value / 2;
    return [
      {
        example_id: row.example_id,
        prompt_group: row.prompt_group,
        ratio: Math.max(a, b) / Math.min(a, b),
        voted: row.label === longer ? 1 : row.label === tie ? half(1) : 0,
        predicted: (row.probabilities[longer] ?? 0) + half(row.probabilities[tie] ?? 0),
        loss: logLoss(row.probabilities, row.label),
      },
    ];
  });
  if (compared.length === 0) return null;
  const { mean, interval } = groupedMean(
    compared.map(({ voted, predicted, ...row }) => ({ ...row, value: predicted - voted })),
  );
  return { ...shares(compared), excess: mean, interval, buckets: buckets(compared) };
}

interface Compared {
  readonly ratio: number;
  readonly voted: number;
  readonly predicted: number;
  readonly loss: number;
}

function buckets(compared: readonly Compared[]): LengthBucket[] {
  return RATIOS.flatMap((from, index) => {
    const below = RATIOS[index + 1] ?? null;
    const held = compared.filter(({ ratio }) => ratio >= from && (below === null || ratio < below));
    if (held.length === 0) return [];
    return [{ from, below, ...shares(held), log_loss: meanOf(held, ({ loss }) => loss) }];
  });
}

function shares(rows: readonly Compared[]) {
  return {
    rows: rows.length,
    voted: meanOf(rows, ({ voted }) => voted),
    predicted: meanOf(rows, ({ predicted }) => predicted),
  };
}

function meanOf(rows: readonly Compared[], value: (row: Compared) => number): number {
  return rows.reduce((sum, row) => sum + value(row), 0) / rows.length;
}
