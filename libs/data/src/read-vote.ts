import type { Label, Source } from '@nacre/contracts/recipe';

import { dataFault } from './data-fault.js';
import type { Repair } from './repairs.js';
import { scalarText } from './scalar-text.js';
import type { TableRecord } from './table-records.js';

/** Notes a repair of the row that is being read. */
export type NoteRepair = (repair: Repair, column: string) => void;

/** Where the vote of a row stands and how it is read. */
export interface VoteReader {
  readonly columns: readonly string[];
  /** Columns that are read where they exist. */
  readonly optional: readonly string[];
  /** @throws InvalidData with source, row and column. */
  readonly read: (record: TableRecord, source: string, note: NoteRepair) => Label | null;
}

type LabelMapping = NonNullable<NonNullable<Source['columns']>['label']>;

const LABELS = ['model_a', 'model_b', 'tie'] as const;
const WINNERS = { model_a: 'winner_model_a', model_b: 'winner_model_b', tie: 'winner_tie' } as const;
/** How tables write 0 and 1: as numbers, as pandas writes numbers beside missing ones, as booleans. */
const SET = ['1', '1.0', 'true', 'True'];
const UNSET = ['0', '0.0', 'false', 'False'];

export const noVote: VoteReader = { columns: [], optional: [], read: () => null };

/** The competition's columns, of which exactly one is 1. */
export function winnerVote(labels: readonly Label[]): VoteReader {
  return {
    columns: labels.map((label) => WINNERS[label]),
    optional: Object.values(WINNERS),
    read: (record, source) => {
      const won = LABELS.filter((label) => {
        const column = WINNERS[label];
        const cell = record.get(column);
        const text = cell === undefined ? '0' : (scalarText(cell) ?? '');
        if (!SET.includes(text) && !UNSET.includes(text)) {
          throw dataFault({ source, row: record.row, column }, 'neither 0 nor 1');
        }
        return SET.includes(text);
      });
      const [winner] = won;
      if (winner === undefined || won.length > 1) {
        throw dataFault(
          { source, row: record.row, column: WINNERS.model_a },
          `${won.length} of the winner columns are 1; exactly one must be`,
        );
      }
      return winner;
    },
  };
}

/** The vote as the recipe's column mapping says. */
export function mappedVote(mapping: LabelMapping | undefined): VoteReader {
  if (mapping === undefined) return noVote;
  if ('always' in mapping) return { ...noVote, read: () => mapping.always };
  if ('rating_a' in mapping) return ratedVote(mapping.rating_a, mapping.rating_b);
  const { column } = mapping;
  const texts = LABELS.flatMap((label) =>
    [mapping[label] ?? []].flat().map((text) => [text, label] as const),
  );
  const labelOf = new Map(texts);
  const [plainTie] = [mapping.tie ?? []].flat();
  return {
    columns: [column],
    optional: [],
    read: (record, source, note) => {
      const text = scalarText(record.get(column));
      const label = text === undefined ? undefined : labelOf.get(text);
      if (label === undefined) {
        throw dataFault(
          { source, row: record.row, column },
          `none of the texts that stand for a label (${[...labelOf.keys()].join(', ')})`,
        );
      }
      if (label === 'tie' && text !== plainTie) note('ties_folded', column);
      return label;
    },
  };
}

/** The answer with the higher rating has won; equal ratings are a tie. */
function ratedVote(columnA: string, columnB: string): VoteReader {
  return {
    columns: [columnA, columnB],
    optional: [],
    read: (record, source) => {
      const [a = NaN, b = NaN] = [columnA, columnB].map((column) => {
        const text = scalarText(record.get(column))?.trim() ?? '';
        const rating = text === '' ? NaN : Number(text);
        if (Number.isNaN(rating)) throw dataFault({ source, row: record.row, column }, 'no number');
        return rating;
      });
      if (a === b) return 'tie';
      return a > b ? 'model_a' : 'model_b';
    },
  };
}
