import type { Label } from '@nacre/contracts/recipe';

import { dataFault, type DataPlace } from './data-fault.js';
import type { Cells, LeftOut } from './read-cells.js';
import type { NoteRepair } from './read-vote.js';
import { scalarText } from './scalar-text.js';
import { sourceLayout, type SourceDescription } from './source-layout.js';
import type { TableRecord } from './table-records.js';

/** One comparison as a source states it. */
export interface ReadComparison extends Cells {
  readonly id: string;
  readonly model_a: string | null;
  readonly model_b: string | null;
  /** The vote; null for a source whose rows are not labelled, or are not to be looked up (test). */
  readonly label: Label | null;
}

/** Reads comparisons from the records of one source. */
export interface ComparisonReader {
  /** Columns the records must have. */
  readonly required: readonly string[];
  /** Columns that are read where they exist. */
  readonly optional: readonly string[];
  /** Column of the id, for messages. */
  readonly idColumn: string;
  /**
   * A comparison, or why the row is none; each kind of repair is noted once.
   *
   * @throws InvalidData with source, row and column.
   */
  readonly read: (record: TableRecord, note: NoteRepair) => ReadComparison | LeftOut;
}

/** The reader for a source as the recipe describes it. */
export function comparisonReader(description: SourceDescription): ComparisonReader {
  const { name: source } = description;
  const layout = sourceLayout(description);
  const { ids, models, cells, vote, prompt, response_a, response_b } = layout;
  const onlyId = ids.length === 1 ? ids : [];
  return {
    required: [...new Set([...onlyId, prompt, response_a, response_b, ...vote.columns])],
    optional: [...ids, ...(models ?? []), ...vote.optional],
    idColumn: ids.join(' or '),
    read: (record, note) => {
      const noted = new Set<string>();
      const noteOnce: NoteRepair = (repair, column) => {
        if (!noted.has(repair)) note(repair, column);
        noted.add(repair);
      };
      const read = cells(record, layout, source);
      if ('leftOut' in read) return read;
      for (const column of ['prompt', 'response_a', 'response_b'] as const) {
        for (const repair of read[column].repairs) noteOnce(repair, layout[column]);
      }
      return {
        ...read,
        id: idOf(record, ids, source),
        model_a: models === undefined ? null : textOrNull(record.get(models[0])),
        model_b: models === undefined ? null : textOrNull(record.get(models[1])),
        label: vote.read(record, source, noteOnce),
      };
    },
  };
}

function idOf(record: TableRecord, columns: readonly string[], source: string): string {
  if (columns.length === 0) return String(record.row);
  const column = columns.find((each) => record.get(each) !== undefined) ?? columns.join(' or ');
  const place: DataPlace = { source, row: record.row, column };
  const value = record.get(column);
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw dataFault(place, 'a number beyond 2^53 or no whole one, which is not exact; write the id as text');
  }
  const id = scalarText(value);
  if (id === undefined || id.trim() === '') {
    throw dataFault(
      place,
      'no id; give text or a number, or let the number of the row be it (ids: row_number)',
    );
  }
  return id.toWellFormed();
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.toWellFormed() : null;
}
