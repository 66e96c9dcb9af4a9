import { InvalidPrediction } from '@nacre/contracts/errors';
import type { Label, Labels, Recipe } from '@nacre/contracts/recipe';

import { quotedId } from './quoted-id.js';

/** A row of a logits table: raw logits by label, in the order in which the answers were presented. */
export type LogitsRow = { readonly example_id: string; readonly swapped: boolean } & {
  readonly [Name in `logit_${Label}`]?: number;
};

/**
 * Probabilities of the votes on the answers as given, from raw logits: a softmax per presentation, that of a swapped
 * one turned back (what it says of model_a is about response_b), and their mean, all in doubles.
 *
 * @returns probabilities in the order of the labels, by example id.
 * @throws InvalidPrediction when an example lacks a presentation that `orders` asks for or has one too many, or a
 * logit is not finite.
 */
export function averageOrders(
  rows: readonly LogitsRow[],
  { labels, orders }: { readonly labels: Labels; readonly orders: Recipe['predict']['orders'] },
): Map<string, number[]> {
  const presentations = orders === 'both' ? [false, true] : [false];
  const byExample = new Map<string, LogitsRow[]>();
  for (const row of rows) byExample.set(row.example_id, [...(byExample.get(row.example_id) ?? []), row]);
  const averages = new Map<string, number[]>();
  for (const [example, presented] of byExample) {
    const whole = presentations.every((swapped) => presented.some((row) => row.swapped === swapped));
    if (!whole || presented.length !== presentations.length) {
      const problem = `${presented.length} predictions where ${presentations.length} are asked for (orders: ${orders})`;
      throw new InvalidPrediction(`submission: ${quotedId(example)} has ${problem}; nothing was written`);
    }
    const sums = labels.map(() => 0);
    for (const row of presented) {
      softmax(logitsAsGiven(row, labels)).forEach((probability, label) => {
        sums[label] = (sums[label] ?? 0) + probability;
      });
    }
    averages.set(
      example,
      sums.map((sum) => sum / presented.length),
    );
  }
  return averages;
}

const exchanged = { model_a: 'model_b', model_b: 'model_a', tie: 'tie' } as const;

function logitsAsGiven(row: LogitsRow, labels: Labels): number[] {
  return labels.map((label) => {
    const logit = row[`logit_${row.swapped ? exchanged[label] : label}`] ?? Number.NaN;
    if (Number.isFinite(logit)) return logit;
    const place = `${quotedId(row.example_id)}${row.swapped ? ', swapped' : ''}`;
    throw new InvalidPrediction(`submission: ${place} has the logit ${String(logit)}; nothing was written`);
  });
}

function softmax(logits: readonly number[]): number[] {
  const greatest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - greatest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
