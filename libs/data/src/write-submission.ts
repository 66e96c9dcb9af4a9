import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { InvalidPrediction } from '@nacre/contracts/errors';
import type { Label, Labels, Recipe } from '@nacre/contracts/recipe';
import { COMPARISONS_FILE, comparisonColumns, SUBMISSION_FILE } from '@nacre/contracts/tables';

import { averageOrders, type LogitsRow } from './average-orders.js';
import { checkSubmission, type Prediction } from './check-submission.js';
import { csvCell } from './csv-cell.js';
import { ORDER_FILE } from './order-file.js';
import { quotedId } from './quoted-id.js';
import { readTable } from './read-table.js';
import { tableRecords } from './table-records.js';
import { writeWhole } from './write-whole.js';

export interface SubmissionPlaces {
  /** Folder with logits-*.parquet of the test rows. */
  readonly logits: string;
  /** Folder of the prepared test source. */
  readonly comparisons: string;
  /** Folder with order.csv (prepareOrder); without it the order is that of the test rows. */
  readonly order?: string | undefined;
  /** Folder that gets submission.csv. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes submission.csv (id, winner_model_a, winner_model_b and, with three labels, winner_tie): for each test row
 * the mean of the probabilities of the presentations asked for, in the order of the sample submission.
 *
 * @returns rows, and mean_<label>: the mean predicted share of each label.
 * @throws InvalidPrediction naming the id when anything is missing, doubled, foreign, out of order or no
 * distribution (averageOrders, checkSubmission). No file is written then.
 */
export async function writeSubmission(
  { labels, orders }: { readonly labels: Labels; readonly orders: Recipe['predict']['orders'] },
  { logits, comparisons, order, folder, signal }: SubmissionPlaces,
): Promise<Record<string, number>> {
  const { example_id, id } = comparisonColumns;
  const test = await readTable(join(comparisons, COMPARISONS_FILE), { example_id, id }, { signal });
  const testIds = test.map((row) => row.id);
  const ids = order === undefined ? testIds : await readOrder(order, testIds, signal);
  const averages = averageOrders(await readLogits(logits, labels, signal), { labels, orders });

  const idOfExample = new Map(test.map((row) => [row.example_id, row.id]));
  const byId = new Map<string, Prediction>();
  for (const [example, probabilities] of averages) {
    const found = idOfExample.get(example);
    if (found === undefined) throw refusal(`${quotedId(example)} has a prediction, but is no test row`);
    byId.set(found, { id: found, probabilities });
  }
  const predictions = ids.map((each) => byId.get(each)).filter((prediction) => prediction !== undefined);
  checkSubmission(predictions, ids, labels);

  await mkdir(folder, { recursive: true });
  const header = ['id', ...labels.map((label) => `winner_${label}`)].join();
  const lines = predictions.map((each) => [csvCell(each.id), ...each.probabilities.map(String)].join());
  await writeWhole(join(folder, SUBMISSION_FILE), [header, ...lines], signal);
  return { rows: predictions.length, ...meanShares(predictions, labels) };
}

/** The ids of order.csv, which must be those of the test rows, each once. */
async function readOrder(
  folder: string,
  testIds: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  const file = join(folder, ORDER_FILE);
  const ids: string[] = [];
  for await (const record of tableRecords({
    file,
    fileType: 'csv',
    source: ORDER_FILE,
    required: ['id'],
    signal,
  })) {
    ids.push(String(record.get('id')));
  }
  const expected = new Set(testIds);
  const foreign = ids.find((id) => !expected.has(id));
  if (foreign !== undefined) throw refusal(`id ${quotedId(foreign)} of the sample submission is no test row`);
  const listed = new Set(ids);
  const missing = testIds.find((id) => !listed.has(id));
  if (missing !== undefined)
    throw refusal(`test id ${quotedId(missing)} is missing from the sample submission`);
  if (listed.size !== ids.length) throw refusal('the sample submission lists an id twice');
  return ids;
}

function readLogits(folder: string, labels: Labels, signal?: AbortSignal): Promise<LogitsRow[]> {
  const logits = labels.map((label): [`logit_${Label}`, 'FLOAT'] => [`logit_${label}`, 'FLOAT']);
  const columns = { example_id: 'VARCHAR', swapped: 'BOOLEAN', ...Object.fromEntries(logits) } as const;
  return readTable(join(folder, 'logits-*.parquet'), columns, { signal });
}

function meanShares(predictions: readonly Prediction[], labels: Labels): Record<string, number> {
  const mean = (label: number) =>
    predictions.reduce((sum, { probabilities }) => sum + (probabilities[label] ?? 0), 0) / predictions.length;
  return Object.fromEntries(labels.map((label, index) => [`mean_${label}`, mean(index)]));
}

function refusal(problem: string): InvalidPrediction {
  return new InvalidPrediction(`submission: ${problem}; nothing was written`);
}
