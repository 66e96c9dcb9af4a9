import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { COMPARISONS_FILE, comparisonColumns } from '@nacre/contracts/tables';

import { csvCell } from './csv-cell.js';
import { dataFault } from './data-fault.js';
import { ORDER_FILE } from './order-file.js';
import { quotedId } from './quoted-id.js';
import { readTable } from './read-table.js';
import { tableRecords } from './table-records.js';
import { writeWhole } from './write-whole.js';

export interface OrderPlaces {
  /** The imported sample_submission.csv. */
  readonly file: string;
  /** Folder of the prepared test source: its ids must be those of the file, each once. */
  readonly test?: string | undefined;
  /** Folder that gets order.csv. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the ids of a sample submission, in its order, into order.csv.
 *
 * @returns rows.
 * @throws InvalidData for a file without the column id or without rows, an empty id, an id that occurs twice, and,
 * where test is given, an id that only one of the two has: so that it is told before any training.
 */
export async function prepareOrder(
  { name }: { readonly name: string },
  { file, test, folder, signal }: OrderPlaces,
): Promise<Record<string, number>> {
  const rowOfId = new Map<string, number>();
  for await (const record of tableRecords({
    file,
    fileType: 'csv',
    source: name,
    required: ['id'],
    signal,
  })) {
    const place = { source: name, row: record.row, column: 'id' };
    const id = String(record.get('id'));
    if (id.trim() === '') throw dataFault(place, 'no id');
    const earlier = rowOfId.get(id);
    if (earlier !== undefined) throw dataFault(place, `the same id as row ${earlier}; ids must be unique`);
    rowOfId.set(id, record.row);
  }
  if (rowOfId.size === 0) throw dataFault({ source: name }, 'a header, but no rows');
  if (test !== undefined) await compareWithTest(name, rowOfId, test, signal);
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, ORDER_FILE), ['id', ...Array.from(rowOfId.keys(), csvCell)], signal);
  return { rows: rowOfId.size };
}

async function compareWithTest(
  name: string,
  rowOfId: ReadonlyMap<string, number>,
  test: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { id, source } = comparisonColumns;
  const rows = await readTable(join(test, COMPARISONS_FILE), { id, source }, { signal });
  const ids = new Set(rows.map((row) => row.id));
  const testName = rows[0]?.source ?? 'test';
  const missing = rows.find((row) => !rowOfId.has(row.id));
  if (missing !== undefined) {
    throw dataFault({ source: name, column: 'id' }, `id ${quotedId(missing.id)} of ${testName} is missing`);
  }
  const foreign = [...rowOfId].find(([each]) => !ids.has(each));
  if (foreign !== undefined) {
    const [each, row] = foreign;
    throw dataFault({ source: name, row, column: 'id' }, `id ${quotedId(each)} is no id of ${testName}`);
  }
}
