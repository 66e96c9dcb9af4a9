import { expect, it } from 'vitest';

import { recognisedColumns } from './recognised-columns.js';

const arena = 'id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie';

it.each([
  ['train.csv', `${arena}\n1,…`, 'arena_csv'],
  ['test.csv', 'id,prompt,response_a,response_b\r\n1,…', 'arena_csv'],
  ['excel.csv', `\ufeff"id","prompt","response_a","response_b"\n`, 'arena_csv'],
  ['sample_submission.csv', 'id,winner_model_a,winner_model_b,winner_tie\n', 'sample_submission'],
  ['mine.csv', 'question,chosen,rejected\n', 'columns'],
  ['arena.jsonl', '{"id":1,"prompt":"a","response_a":"b","response_b":"c"}\n', 'arena_text'],
  [
    'votes.ndjson',
    '{"id":"1","winner":"tie","conversation_a":[],"conversation_b":[]}\n',
    'arena_conversations',
  ],
  ['votes.csv', 'question_id,winner,conversation_a,conversation_b\n', 'arena_conversations'],
])('%s that begins with %j is %s', (file, start, format) => {
  expect(recognisedColumns(file, start).format).toBe(format);
});

it('names the columns that a mapping can use', () => {
  expect(recognisedColumns('a.csv', '"the question",chosen,rejected\n1,2,3')).toMatchObject({
    columns: ['the question', 'chosen', 'rejected'],
    says: 'format: columns; it has the question, chosen, rejected',
  });
  expect(recognisedColumns('a.jsonl', '{"q":1,"a":{}}\n{"x":1}').columns).toEqual(['q', 'a']);
});

it.each([
  ['a.csv', ''],
  ['a.jsonl', ''],
  ['a.jsonl', '{"cut off": "because it is lo'],
  ['a.jsonl', '[1, 2]'],
  ['a.jsonl', 'null'],
])('of %s that begins with %j it says that no columns were found', (file, start) => {
  expect(recognisedColumns(file, start)).toEqual({
    format: 'columns',
    columns: [],
    says: 'no names of columns in its first line',
  });
});

it('does not look into Parquet, but says where to read on', () => {
  expect(recognisedColumns('ut.parquet', 'PAR1\u0015')).toEqual({
    format: 'columns',
    columns: [],
    says: 'Parquet; docs/data.md says which format fits its columns',
  });
});
