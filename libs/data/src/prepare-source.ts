import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson } from '@nacre/contracts/artifact';
import { COMPARISONS_FILE, comparisonColumns, COUNTS_FILE } from '@nacre/contracts/tables';

import { comparisonReader, type SourceDescription } from './comparison-reader.js';
import { dataFault } from './data-fault.js';
import { pairGroup, promptGroup } from './normalise-text.js';
import { SourceCounts } from './source-counts.js';
import type { TableRow } from './table-columns.js';
import { tableRecords } from './table-records.js';
import { writeTable } from './write-table.js';

export interface SourcePlaces {
  /** The imported bytes. */
  readonly file: string;
  /** Folder that gets comparisons.parquet and counts.json. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

type Comparison = TableRow<typeof comparisonColumns, 'model_a' | 'model_b' | 'label'>;

/**
 * Reads a source strictly and writes it as comparisons.parquet (see @nacre/contracts/tables), with counts.json.
 *
 * Of rows with the same pair_group (same prompt and answers, in either order) the first is kept, whatever the votes
 * of the others; with two labels ties are left out. A test source keeps every row, since every id needs its
 * prediction, and its votes, should it have any, are not read.
 *
 * @returns the counts, all of rows but the last: rows_read, rows (kept), duplicates (of an earlier pair; dropped
 * except in a test source), ties_dropped, surrogates_repaired, controls_repaired, null_turns, multi_turn, label_… per
 * label; prompt_groups.
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
  const reader = comparisonReader(description);
  const rowOfId = new Map<string, number>();
  const pairs = new Set<string>();
  for await (const record of tableRecords({ file, fileType, source, required: reader.required, signal })) {
    const read = reader.read(record);
    const earlier = rowOfId.get(read.id);
    if (earlier !== undefined) {
      throw dataFault(
        { source, row: record.row, column: 'id' },
        `the same id as row ${earlier}; ids must be unique`,
      );
    }
    // A copy: a cell is a slice that would keep the whole piece of the file it was cut from.
    rowOfId.set(Buffer.from(read.id).toString(), record.row);
    counts.read(read);
    if (read.label !== null && !(labels as readonly string[]).includes(read.label)) {
      counts.note('ties_dropped');
      continue;
    }
    const prompt = promptGroup(read.prompt.turns);
    const pair = pairGroup(prompt, [read.response_a.turns, read.response_b.turns]);
    if (pairs.has(pair)) {
      counts.note('duplicates');
      if (use !== 'test') continue;
    }
    pairs.add(pair);
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
      pair_group: pair,
    };
  }
  if (pairs.size === 0)
    throw dataFault({ source }, 'no rows are left; the file has a header only, or ties alone');
}
