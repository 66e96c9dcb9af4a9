import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson } from '@nacre/contracts/artifact';
import { COMPARISONS_FILE, comparisonColumns, COUNTS_FILE, REPAIRS_FILE } from '@nacre/contracts/tables';

import { comparisonReader, type ReadComparison } from './comparison-reader.js';
import { dataFault } from './data-fault.js';
import { pairOf, promptGroup, type Pair } from './normalise-text.js';
import { SourceCounts } from './source-counts.js';
import type { SourceDescription } from './source-layout.js';
import type { TableRow } from './table-columns.js';
import { tableRecords } from './table-records.js';
import { writeTable } from './write-table.js';
import { writeWhole } from './write-whole.js';

export interface SourcePlaces {
  /** The imported bytes. */
  readonly file: string;
  /** Folder that gets comparisons.parquet, counts.json and, where anything was repaired, repairs.csv. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

type Comparison = TableRow<typeof comparisonColumns, 'model_a' | 'model_b' | 'label'>;

/**
 * Reads a source strictly and writes it as comparisons.parquet (see @nacre/contracts/tables), with counts.json and,
 * where anything was repaired or left out, repairs.csv.
 *
 * Of rows with the same pair_group (same prompt and answers, in either order) the first is kept, whatever the votes
 * of the others; with two labels ties are left out. A test source keeps every row, since every id needs its
 * prediction, and its votes, should it have any, are not read.
 *
 * @returns the counts, all of rows but the last: rows_read, rows (kept), duplicates (of an earlier pair; dropped
 * except in a test source), ties_dropped, surrogates_repaired, controls_repaired, null_turns, multi_turn, label_… per
 * label; of the other repairs those that happened; prompt_groups.
 * @throws InvalidData with source, row and column for anything that is not as the format says, for an id that occurs
 * twice, and for a source of which no row is left. Nothing is written then.
 */
export async function prepareSource(
  description: SourceDescription,
  { file, folder, signal }: SourcePlaces,
): Promise<Record<string, number>> {
  const counts = new SourceCounts(description.labels);
  await mkdir(folder, { recursive: true });
  const rows = comparisons(description, file, counts, signal);
  await writeTable(join(folder, COMPARISONS_FILE), comparisonColumns, rows, signal);
  const repairs = counts.repairs.lines();
  if (repairs.length > 0) await writeWhole(join(folder, REPAIRS_FILE), repairs, signal);
  const metrics = counts.toRecord();
  await writeFile(join(folder, COUNTS_FILE), `${canonicalJson(metrics)}\n`);
  return metrics;
}

async function* comparisons(
  description: SourceDescription,
  file: string,
  counts: SourceCounts,
  signal: AbortSignal | undefined,
): AsyncGenerator<Comparison> {
  const { name: source, use, labels, file_type: fileType } = description;
  const { repairs } = counts;
  const { required, optional, idColumn, read: readRecord } = comparisonReader(description);
  const rowOfId = new Map<string, number>();
  const votes = new Map<string, string | null>();
  for await (const record of tableRecords({ file, fileType, source, required, optional, repairs, signal })) {
    const { row } = record;
    const read = readRecord(record, (repair, column) => {
      repairs.note(repair, row, column);
    });
    if ('leftOut' in read) {
      const { leftOut, column } = read;
      if (use === 'test') {
        throw dataFault({ source, row, column }, `${NO_COMPARISON[leftOut]}; a test row cannot be left out`);
      }
      counts.read();
      repairs.note(leftOut, row, column);
      continue;
    }
    const earlier = rowOfId.get(read.id);
    if (earlier !== undefined) {
      throw dataFault(
        { source, row, column: idColumn },
        `the same id as row ${earlier}; ids must be unique, or let the number of the row be it (ids: row_number)`,
      );
    }
    // A copy: a cell is a slice that would keep the whole piece of the file it was cut from.
    rowOfId.set(Buffer.from(read.id).toString(), row);
    counts.read(read);
    if (read.label !== null && !(labels as readonly string[]).includes(read.label)) {
      counts.dropTie();
      continue;
    }
    const prompt = promptGroup(read.prompt.turns);
    const pair = pairOf(prompt, [read.response_a.turns, read.response_b.turns]);
    const vote = voteFor(read, pair);
    const first = votes.get(pair.group);
    if (first !== undefined) {
      repairs.note('duplicates', row);
      if (first !== vote) repairs.note('contradictory_votes', row);
      if (use !== 'test') continue;
    } else {
      votes.set(pair.group, vote);
    }
    counts.keep(read.label, prompt);
    yield {
      example_id: `${source}:${read.id}`,
      id: read.id,
      source,
      model_a: read.model_a,
      model_b: read.model_b,
      prompt: read.prompt.turns,
      response_a: read.response_a.turns,
      response_b: read.response_b.turns,
      label: read.label,
      prompt_group: prompt,
      pair_group: pair.group,
    };
  }
  if (votes.size === 0) {
    const counted = Object.entries(counts.toRecord()).filter(
      ([name, count]) => LEAVES_OUT.test(name) && count > 0,
    );
    const reasons = counted.map(([name, count]) => `${name} ${count}`).join(', ');
    throw dataFault(
      { source },
      `no rows are left; ${reasons === '' ? 'the file has a header only' : `all were left out: ${reasons}`}`,
    );
  }
}

/** Which answer of the pair was voted for, in the order of its group. */
function voteFor({ label }: ReadComparison, { turned }: Pair): string | null {
  if (label === null || label === 'tie') return label;
  return (label === 'model_a') === turned ? 'second' : 'first';
}

const LEAVES_OUT = /^ties_dropped$|^empty_rows$|_left_out$/;
const NO_COMPARISON = {
  images_left_out: 'a message with an image or another part that is no text',
  unlike_prompts_left_out: 'other questions than the other conversation has',
} as const;
