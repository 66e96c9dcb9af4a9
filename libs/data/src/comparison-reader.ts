import type { Label, Labels, Source } from '@nacre/contracts/recipe';

import { dataFault, type DataPlace } from './data-fault.js';
import { parseTurns, parseTurnsOrText, type ParsedTurns } from './parse-turns.js';
import type { TableRecord } from './table-records.js';

/** One comparison as a source states it. */
export interface ReadComparison {
  readonly id: string;
  readonly model_a: string | null;
  readonly model_b: string | null;
  readonly prompt: ParsedTurns;
  readonly response_a: ParsedTurns;
  readonly response_b: ParsedTurns;
  /** The vote; null for a source whose rows are not labelled, or are not to be looked up (test). */
  readonly label: Label | null;
}

/** How the bytes of a source are read: the fields of the recipe's source, and the recipe's labels. */
export interface SourceDescription {
  /** Name of the source in the recipe; prefix of its example ids. */
  readonly name: string;
  readonly format: 'arena_csv' | 'columns';
  readonly file_type: Source['file_type'];
  readonly use: 'train' | 'extra' | 'post_pretrain' | 'test';
  readonly columns?: Source['columns'];
  readonly labels: Labels;
}

/** Reads comparisons from the records of one source. */
export interface ComparisonReader {
  /** Columns the records must have. */
  readonly required: readonly string[];
  /** @throws InvalidData with source, row and column. */
  readonly read: (record: TableRecord) => ReadComparison;
}

/** The reader for the competition's columns, or for those the recipe maps. */
export function comparisonReader(description: SourceDescription): ComparisonReader {
  const { columns } = description;
  if (description.format === 'arena_csv') return arenaReader(description);
  if (columns === undefined) throw dataFault({ source: description.name }, 'format: columns needs columns');
  return mappedReader(description, columns);
}

type Place = (column: string) => DataPlace;

function arenaReader({ name, use, labels }: SourceDescription): ComparisonReader {
  const labelled = use !== 'test';
  const winners = { model_a: 'winner_model_a', model_b: 'winner_model_b', tie: 'winner_tie' } as const;
  return {
    required: [
      ...['id', 'prompt', 'response_a', 'response_b'],
      ...(labelled ? labels.map((label) => winners[label]) : []),
    ],
    read: (record) => {
      const place: Place = (column) => ({ source: name, row: record.row, column });
      const turns = (column: string) => orFault(parseTurns(record.get(column)), place(column));
      const vote = (): Label => {
        const won = (['model_a', 'model_b', 'tie'] as const).filter((label) => {
          const cell = scalarText(record.get(winners[label])) ?? '0';
          if (cell !== '0' && cell !== '1') throw dataFault(place(winners[label]), 'neither 0 nor 1');
          return cell === '1';
        });
        const [winner] = won;
        if (winner === undefined || won.length > 1) {
          throw dataFault(
            place(winners.model_a),
            `${won.length} of the winner columns are 1; exactly one must be`,
          );
        }
        return winner;
      };
      return {
        id: idOf(record.get('id'), place('id')),
        model_a: textOrNull(record.get('model_a')),
        model_b: textOrNull(record.get('model_b')),
        prompt: turns('prompt'),
        response_a: turns('response_a'),
        response_b: turns('response_b'),
        label: labelled ? vote() : null,
      };
    },
  };
}

function mappedReader(
  { name, use }: SourceDescription,
  columns: NonNullable<Source['columns']>,
): ComparisonReader {
  const { id, label } = columns;
  const mapping = label !== undefined && 'column' in label && use !== 'test' ? label : undefined;
  const always = label !== undefined && 'always' in label && use !== 'test' ? label.always : null;
  return {
    required: [id, columns.prompt, columns.response_a, columns.response_b, mapping?.column].filter(
      (column) => column !== undefined,
    ),
    read: (record) => {
      const place: Place = (column) => ({ source: name, row: record.row, column });
      const turns = (column: string) => orFault(parseTurnsOrText(record.get(column)), place(column));
      const vote = (): Label | null => {
        if (mapping === undefined) return always;
        const text = scalarText(record.get(mapping.column));
        const found = (['model_a', 'model_b', 'tie'] as const).find((each) => mapping[each] === text);
        if (found === undefined) {
          throw dataFault(place(mapping.column), 'none of the texts that the recipe gives for the labels');
        }
        return found;
      };
      return {
        id: id === undefined ? String(record.row) : idOf(record.get(id), place(id)),
        model_a: null,
        model_b: null,
        prompt: turns(columns.prompt),
        response_a: turns(columns.response_a),
        response_b: turns(columns.response_b),
        label: vote(),
      };
    },
  };
}

function orFault(parsed: ReturnType<typeof parseTurns>, place: DataPlace): ParsedTurns {
  if ('problem' in parsed) throw dataFault(place, parsed.problem);
  return parsed;
}

function idOf(value: unknown, place: DataPlace): string {
  const id = scalarText(value);
  if (id === undefined || id.trim() === '') throw dataFault(place, 'no id; it must be text or a number');
  return id.toWellFormed();
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** JSON lines may hold ids and labels as numbers or booleans; text is how the recipe names them. */
function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
