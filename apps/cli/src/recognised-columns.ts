/** What the head of a data file looks like. */
export interface RecognisedColumns {
  /** A format of docs/data.md that its columns fit, else `columns`. */
  readonly format: 'arena_csv' | 'arena_text' | 'arena_conversations' | 'sample_submission' | 'columns';
  readonly columns: readonly string[];
  readonly says: string;
}

const arena = ['id', 'prompt', 'response_a', 'response_b'];
const conversations = ['conversation_a', 'conversation_b'];
const submission = ['id', 'winner_model_a', 'winner_model_b'];

/** Recognises a data file by the names of its columns; `start` is the beginning of its text. */
export function recognisedColumns(file: string, start: string): RecognisedColumns {
  if (/\.(parquet|pq)$/.test(file)) {
    return {
      format: 'columns',
      columns: [],
      says: 'Parquet; docs/data.md says which format fits its columns',
    };
  }
  const objects = /\.(jsonl|ndjson)$/.test(file);
  const line = start.replace(/^\ufeff/, '').split(/\r?\n/)[0] ?? '';
  const columns = objects ? keysOf(line) : namesOf(line);
  const has = (names: readonly string[]) => names.every((name) => columns.includes(name));
  if (has(conversations)) {
    return {
      format: 'arena_conversations',
      columns,
      says: 'format: arena_conversations (an export of the arena)',
    };
  }
  if (objects && has(arena)) {
    const says = 'format: arena_text, or arena_csv if each of its texts is a list of turns';
    return { format: 'arena_text', columns, says };
  }
  if (has(arena)) {
    return { format: 'arena_csv', columns, says: 'format: arena_csv (the columns of the competition)' };
  }
  if (has(submission) && !columns.includes('prompt')) {
    return { format: 'sample_submission', columns, says: 'format: sample_submission' };
  }
  if (columns.length === 0)
    return { format: 'columns', columns, says: 'no names of columns in its first line' };
  return { format: 'columns', columns, says: `format: columns; it has ${columns.join(', ')}` };
}

function namesOf(line: string): string[] {
  return line === '' ? [] : line.split(',').map((name) => name.trim().replace(/^"|"$/g, ''));
}

function keysOf(line: string): string[] {
  try {
    const first: unknown = JSON.parse(line);
    return typeof first === 'object' && first !== null && !Array.isArray(first) ? Object.keys(first) : [];
  } catch {
    return []; // The first object is longer than what was read, or no JSON.
  }
}
