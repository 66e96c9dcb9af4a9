import type { Labels, Source } from '@nacre/contracts/recipe';

import { dataFault } from './data-fault.js';
import { readConversations, readTexts, readTurns, type CellColumns, type CellReader } from './read-cells.js';
import { mappedVote, noVote, winnerVote, type VoteReader } from './read-vote.js';

/** How the bytes of a source are read: the fields of the recipe's source, and the recipe's labels. */
export interface SourceDescription {
  /** Name of the source in the recipe; prefix of its example ids. */
  readonly name: string;
  readonly format: 'arena_csv' | 'arena_text' | 'arena_conversations' | 'columns';
  readonly file_type: Source['file_type'];
  /** row_number: the rows of the file have no ids that tell them apart. */
  readonly ids?: 'row_number' | undefined;
  readonly use: 'train' | 'extra' | 'post_pretrain' | 'test';
  readonly columns?: Source['columns'];
  readonly labels: Labels;
}

/** Where the parts of a comparison stand in the records of a source. */
export interface SourceLayout extends CellColumns {
  /** Columns of the id, the first that a record has; none where the row number is the id. */
  readonly ids: readonly string[];
  /** Columns of the names of the models. */
  readonly models: readonly [a: string, b: string] | undefined;
  readonly cells: CellReader;
  readonly vote: VoteReader;
}

const MODELS = ['model_a', 'model_b'] as const;
const COMPETITION = { prompt: 'prompt', response_a: 'response_a', response_b: 'response_b' };
/** id in lmarena-ai/arena-human-preference-140k and arena-expert-5k, question_id in the older exports. */
const EXPORT_IDS = ['id', 'question_id'];
/** tie (bothbad) in the 33k and 100k exports, both_bad in the 140k and expert ones, bothbad in between. */
const EXPORT_VOTE = {
  column: 'winner',
  model_a: 'model_a',
  model_b: 'model_b',
  tie: ['tie', 'tie (bothbad)', 'both_bad', 'bothbad'],
};

/** The layout of a source: the competition's columns, those of the arena's exports, or those the recipe maps. */
export function sourceLayout({ name, format, ids, use, columns, labels }: SourceDescription): SourceLayout {
  const voted = use !== 'test';
  const numbered = ids === 'row_number';
  switch (format) {
    case 'arena_csv':
    case 'arena_text':
      return {
        ...COMPETITION,
        ids: numbered ? [] : ['id'],
        models: MODELS,
        cells: format === 'arena_csv' ? readTurns : readTexts,
        vote: voted ? winnerVote(labels) : noVote,
      };
    case 'arena_conversations':
      return {
        ...{ prompt: 'conversation_a', response_a: 'conversation_a', response_b: 'conversation_b' },
        ids: numbered ? [] : EXPORT_IDS,
        models: MODELS,
        cells: readConversations,
        vote: voted ? mappedVote(EXPORT_VOTE) : noVote,
      };
    case 'columns': {
      if (columns === undefined) throw dataFault({ source: name }, 'format: columns needs columns');
      const { id, prompt, response_a, response_b, label } = columns;
      return {
        ...{ prompt, response_a, response_b },
        ids: id === undefined ? [] : [id],
        models: undefined,
        cells: readTexts,
        vote: mappedVote(voted ? label : undefined),
      };
    }
  }
}
