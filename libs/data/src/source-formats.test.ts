import { describe, expect, it } from 'vitest';

import { arenaCsv, arenaRow, twoLabels } from './arena-files.fixture.js';
import { parquetBytes } from './parquet-bytes.fixture.js';
import { preparedRows, refusal } from './prepared-source.fixture.js';
import type { SourceDescription } from './source-layout.js';

const jsonLines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

describe('the competition’s rows', () => {
  const csv = arenaCsv([
    { id: '30192', prompt: '["p","q"]', a: '["x",null]', b: '["y","z"]', label: 'model_a' },
    arenaRow('7', 'a "b"\n', 'x', 'y', 'tie'),
  ]);
  const cells = (text: (json: string) => string) =>
    [
      ['30192', 'm1', 'm2', '["p","q"]', '["x",null]', '["y","z"]', 1, 0, 0],
      ['7', 'm1', 'm2', '["a \\"b\\"\\n"]', '["x"]', '["y"]', 0, 0, 1],
    ].map((row) => row.map((cell, at) => (at > 2 && at < 6 ? text(String(cell)) : cell)));
  const names = csv.split('\n')[0]?.split(',') ?? [];
  const objects = (rows: readonly (readonly unknown[])[]) =>
    rows.map((row) => Object.fromEntries(row.map((cell, at) => [names[at] ?? '', cell])));
  const sqlRows = (ids: string, texts: string, winners: string) => {
    const rows = cells((json) => `'${json}'`).map((row) => [
      `${String(row[0])}::${ids}`,
      `'m1'`,
      `'m2'`,
      ...row
        .slice(3, 6)
        .map((json) => (texts === 'VARCHAR' ? json : `from_json(${String(json)}, '["VARCHAR"]')`)),
      ...row.slice(6).map((winner) => `${String(winner)}::${winners}`),
    ]);
    return `SELECT * FROM (VALUES ${rows.map((row) => `(${row.join()})`).join()}) AS t(${names.join()})`;
  };

  it.each<[string, SourceDescription['file_type'], () => string | Promise<Buffer>]>([
    ['JSON lines with cells as text', 'jsonl', () => jsonLines(objects(cells(String)))],
    [
      'JSON lines with lists and booleans',
      'jsonl',
      () =>
        jsonLines(
          objects(cells((json) => json)).map((row) =>
            Object.fromEntries(
              Object.entries(row).map(([name, cell]) => [
                name,
                /^(prompt|response)/.test(name)
                  ? (JSON.parse(String(cell)) as unknown)
                  : name.startsWith('winner')
                    ? cell === 1
                    : cell,
              ]),
            ),
          ),
        ),
    ],
    ['Parquet with cells as text', 'parquet', () => parquetBytes(sqlRows('BIGINT', 'VARCHAR', 'BIGINT'))],
    ['Parquet with lists', 'parquet', () => parquetBytes(sqlRows('VARCHAR', 'VARCHAR[]', 'BOOLEAN'))],
    ['Parquet with doubles', 'parquet', () => parquetBytes(sqlRows('DOUBLE', 'VARCHAR', 'DOUBLE'))],
  ])('are the same from CSV and from %s', async (_, file_type, bytes) => {
    const expected = await preparedRows(csv);
    const { rows, counts, repairs } = await preparedRows(await bytes(), { file_type });
    expect(rows).toEqual(expected.rows);
    expect(rows[0]).toMatchObject({
      id: '30192',
      prompt: ['p', 'q'],
      response_a: ['x', null],
      label: 'model_a',
    });
    expect({ counts, repairs }).toEqual({ counts: expected.counts, repairs: [] });
  });
});

describe('the 33k set', () => {
  it('in the competition’s columns has no useful id: then the number of the row is the id', async () => {
    const rows = [arenaRow('1', 'p', 'x', 'y', 'model_a'), arenaRow('1', 'q', 'x', 'y', 'tie')];
    expect(await refusal(arenaCsv(rows))).toContain('ids: row_number');
    const { rows: read } = await preparedRows(arenaCsv(rows), {
      name: 'extra',
      use: 'extra',
      ids: 'row_number',
    });
    expect(read).toMatchObject([{ example_id: 'extra:1' }, { example_id: 'extra:2', label: 'tie' }]);
  });

  // lmsys/chatbot_arena_conversations: conversations are lists of {content, role}.
  it('as it was published folds tie (bothbad) into tie, counted and listed', async () => {
    const said = (answer: string) =>
      `[{'content': 'q ' || n, 'role': 'user'}, {'content': '${answer}', 'role': 'assistant'}]`;
    const query = `SELECT 'id' || n AS question_id, 'm1' AS model_a, 'm2' AS model_b,
      ['model_a', 'model_b', 'tie', 'tie (bothbad)'][n] AS winner,
      ${said('x')} AS conversation_a, ${said('y')} AS conversation_b, 1 AS turn FROM range(1, 5) r(n)`;
    const { rows, counts, repairs } = await preparedRows(await parquetBytes(query), {
      ...{ format: 'arena_conversations', file_type: 'parquet' },
    });
    expect(rows.map(({ id, label }) => [id, label])).toEqual([
      ['id1', 'model_a'],
      ['id2', 'model_b'],
      ['id3', 'tie'],
      ['id4', 'tie'],
    ]);
    expect(rows[1]).toMatchObject({ model_b: 'm2', prompt: ['q 2'], response_a: ['x'], response_b: ['y'] });
    expect(counts).toMatchObject({ label_tie: 2, ties_folded: 1 });
    expect(repairs).toEqual(['ties_folded,4,winner']);
  });
});

describe('UltraFeedback', () => {
  it('in the competition’s columns has plain text in its cells', async () => {
    const query = `SELECT * FROM (VALUES (1, 'Say "hi"', '["Hi."]', 'plain [x]', 1, 0, 0), (2, 'p', 'x', 'y', 0, 0, 1))
      AS t(id, prompt, response_a, response_b, winner_model_a, winner_model_b, winner_tie)`;
    const change = { file_type: 'parquet', use: 'post_pretrain', name: 'ut' } as const;
    const bytes = await parquetBytes(query);
    expect(await refusal(bytes, change)).toContain('ut, row 1, column prompt: not JSON');
    const { rows } = await preparedRows(bytes, { ...change, format: 'arena_text' });
    expect(rows).toMatchObject([
      {
        prompt: ['Say "hi"'],
        response_a: ['Hi.'],
        response_b: ['plain [x]'],
        label: 'model_a',
        model_a: null,
      },
      { label: 'tie' },
    ]);
  });

  // HuggingFaceH4/ultrafeedback_binarized: prompt, chosen and rejected (whole conversations), score_chosen, score_rejected.
  it('as rated pairs: the higher rating wins, equal ones are a tie', async () => {
    const row = (n: number, a: unknown, b: unknown) => ({
      prompt: `q ${n}`,
      chosen: [
        { role: 'user', content: `q ${n}` },
        { role: 'assistant', content: 'x' },
      ],
      rejected: [
        { role: 'user', content: `q ${n}` },
        { role: 'assistant', content: 'y' },
      ],
      ...{ score_chosen: a, score_rejected: b },
    });
    const change: Partial<SourceDescription> = {
      ...{ format: 'columns', file_type: 'jsonl', use: 'extra' },
      columns: {
        ...{ prompt: 'prompt', response_a: 'chosen', response_b: 'rejected' },
        label: { rating_a: 'score_chosen', rating_b: 'score_rejected' },
      },
    };
    const { rows } = await preparedRows(jsonLines([row(1, 8.5, 7), row(2, '4', 4.5), row(3, 6, 6)]), change);
    expect(rows.map(({ label }) => label)).toEqual(['model_a', 'model_b', 'tie']);
    expect(rows[0]).toMatchObject({ id: '1', prompt: ['q 1'], response_a: ['x'], response_b: ['y'] });
    expect(await refusal(jsonLines([row(1, 'SECRET', 7)]), change)).toMatch(
      /row 1, column score_chosen: no number$/,
    );
    expect(await refusal(jsonLines([row(1, 3, null)]), change)).toContain('column score_rejected: no number');
  });
});

describe('current exports of the arena', () => {
  const part = (text: string | null, image: string | null = null) => ({
    ...{
      type: image === null ? 'text' : 'image',
      text,
      image,
      mimeType: image === null ? null : 'image/png',
    },
  });
  const says = (role: string, ...content: ReturnType<typeof part>[]) => ({ role, content });
  const battle = (id: string, winner: string, a: readonly object[], b: readonly object[] = a) => ({
    ...{ id, model_a: 'm1', model_b: 'm2', winner, evaluation_order: 1, language: 'en' },
    ...{ conversation_a: a, conversation_b: b },
  });
  const asked = says('user', part('one'), part('two'));
  const battles = [
    battle('a', 'model_b', [asked, says('assistant', part('x'))], [asked, says('assistant', part('y'))]),
    battle('b', 'both_bad', [
      asked,
      says('assistant', part(null)),
      says('user', part('more')),
      says('assistant', part('z')),
    ]),
    battle('c', 'tie', [says('user', part('look'), part(null, 'aGk=')), says('assistant', part('SECRET'))]),
    battle('d', 'tie', [says('system', part('be kind')), asked]),
    battle('e', 'tie', [asked, says('assistant', part('x'))], [says('user', part('SECRET'))]),
  ];
  const change = { format: 'arena_conversations', file_type: 'jsonl' } as const;
  const expected = [
    { id: 'a', label: 'model_b', prompt: ['one\ntwo'], response_a: ['x'], response_b: ['y'], model_a: 'm1' },
    { id: 'b', label: 'tie', prompt: ['one\ntwo', 'more'], response_a: [null, 'z'], response_b: [null, 'z'] },
    { id: 'd', label: 'tie', prompt: ['one\ntwo'], response_a: [null], response_b: [null] },
  ];
  const left = { images_left_out: 1, unlike_prompts_left_out: 1, system_messages_dropped: 1, ties_folded: 1 };

  it.each<[string, SourceDescription['file_type'], () => string | Promise<Buffer>]>([
    ['JSON lines', 'jsonl', () => jsonLines(battles)],
    [
      'Parquet, as lmarena-ai/arena-human-preference-140k is',
      'parquet',
      () => {
        const part_ = 'STRUCT("type" VARCHAR, "text" VARCHAR, image VARCHAR, mimeType VARCHAR)';
        const conversation = `STRUCT("role" VARCHAR, content ${part_}[])[]`;
        const values = battles.map((row) => {
          const [a, b] = [row.conversation_a, row.conversation_b].map(
            (messages) => `'${JSON.stringify(messages)}'::JSON::${conversation}`,
          );
          return `('${row.id}', 'm1', 'm2', '${row.winner}', ${a}, ${b})`;
        });
        const names = 'id, model_a, model_b, winner, conversation_a, conversation_b';
        return parquetBytes(`SELECT * FROM (VALUES ${values.join()}) AS t(${names})`);
      },
    ],
    [
      'CSV with JSON in its cells',
      'csv',
      () => {
        const cell = (value: object) => `"${JSON.stringify(value).replaceAll('"', '""')}"`;
        const lines = battles.map(
          (row) => `${row.id},m1,m2,${row.winner},${cell(row.conversation_a)},${cell(row.conversation_b)}\n`,
        );
        return `id,model_a,model_b,winner,conversation_a,conversation_b\n${lines.join('')}`;
      },
    ],
  ])('are read from %s; rows with images are left out and listed', async (_, file_type, bytes) => {
    const { rows, counts, repairs } = await preparedRows(await bytes(), { ...change, file_type });
    expect(rows).toMatchObject(expected);
    expect(counts).toMatchObject({ rows_read: 5, rows: 3, null_turns: 2, multi_turn: 1, ...left });
    expect([...repairs].sort()).toEqual([
      'images_left_out,3,conversation_a',
      'system_messages_dropped,4,conversation_a',
      'ties_folded,2,winner',
      'unlike_prompts_left_out,5,conversation_b',
    ]);
  });

  it('note what is repaired in either conversation', async () => {
    const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const question = '{"role":"user","content":"q"}';
    const rows = [
      `1,tie,${cell(`[${question}]`)},${cell(`[{"role":"system","content":"s"},${question}]`)}`,
      `2,tie,${cell(`[${question}]`)},${cell(`[${question},{"role":"assistant","content":"a\n\\ud83d"}]`)}`,
    ];
    const text = `id,winner,conversation_a,conversation_b\n${rows.join('\n')}\n`;
    const { repairs } = await preparedRows(text, { ...change, file_type: 'csv' });
    expect(repairs).toEqual([
      'system_messages_dropped,1,conversation_b',
      'controls_repaired,2,conversation_b',
      'surrogates_repaired,2,conversation_b',
    ]);
  });

  it('as test rows must be whole, since every id is predicted, and need no vote', async () => {
    const { winner, ...first } = battles[0] ?? battle('', '', []);
    expect(winner).toBe('model_b');
    expect((await preparedRows(jsonLines([first]), { ...change, use: 'test' })).rows).toMatchObject([
      { label: null, prompt: ['one\ntwo'] },
    ]);
    expect(await refusal(jsonLines(battles), { ...change, use: 'test' })).toContain(
      'train, row 3, column conversation_a: a message with an image',
    );
  });

  const answer = says('assistant', part('SECRET'));
  it.each<[string, unknown, string]>([
    ['text that is no JSON', 'SECRET', 'no list of messages'],
    ['no conversation', null, 'no list of messages'],
    ['an empty one', [], 'a conversation without messages'],
    ['a list of texts', ['SECRET'], 'no list of messages'],
    ['another role', [asked, says('SECRET', part('x'))], 'a message whose role is none of'],
    ['an answer first', [answer], 'a conversation that begins with an answer'],
    ['two answers', [asked, answer, answer], 'two answers in a row'],
  ])('with %s are refused with their place', async (_, conversation, message) => {
    const row = { ...battles[0], conversation_a: conversation };
    const refused = await refusal(jsonLines([row]), change);
    expect(refused).toContain(`train, row 1, column conversation_a: ${message}`);
    expect(refused).not.toContain('SECRET');
  });

  it('name the texts that a vote can have', async () => {
    const refused = await refusal(jsonLines([{ ...battles[0], winner: 'SECRET' }]), change);
    expect(refused).toContain(
      'train, row 1, column winner: none of the texts that stand for a label (model_a, model_b, tie',
    );
    expect(refused).not.toContain('SECRET');
  });
});

describe('chosen and rejected answers', () => {
  const messages = (...texts: string[]) =>
    texts.map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content }));
  const reply = (content: string) => [{ role: 'assistant', content }];
  const columns = {
    ...{ prompt: 'prompt', response_a: 'chosen', response_b: 'rejected' },
    label: { always: 'model_a' },
  } as const;
  const change = { format: 'columns', file_type: 'jsonl', use: 'extra', columns } as const;

  it.each<[string, object, Partial<SourceDescription>, readonly string[], readonly string[]]>([
    ['plain text', { prompt: 'q', chosen: 'x', rejected: 'y' }, {}, ['q'], ['x']],
    ['a prompt and messages', { prompt: 'q', chosen: reply('x'), rejected: reply('y') }, {}, ['q'], ['x']],
    [
      'a prompt and whole conversations',
      { prompt: 'q', chosen: messages('q', 'x'), rejected: messages('q', 'y') },
      {},
      ['q'],
      ['x'],
    ],
    [
      'a prompt of several messages',
      { prompt: messages('q', 'so far', 'r'), chosen: reply('x'), rejected: reply('y') },
      {},
      ['q', 'r'],
      ['so far', 'x'],
    ],
    [
      'messages before plain answers',
      { prompt: messages('q'), chosen: 'x', rejected: 'y' },
      {},
      ['q'],
      ['x'],
    ],
    [
      'whole conversations without a prompt',
      { chosen: messages('q', 'so far', 'r', 'x'), rejected: messages('q', 'so far', 'r', 'y') },
      { columns: { ...columns, prompt: 'chosen' } },
      ['q', 'r'],
      ['so far', 'x'],
    ],
  ])('can be %s', async (_, row, more, prompt, chosen) => {
    const { rows } = await preparedRows(jsonLines([row]), { ...change, ...more });
    const rejected = [...chosen.slice(0, -1), 'y'];
    expect(rows).toMatchObject([{ prompt, response_a: chosen, response_b: rejected, label: 'model_a' }]);
  });

  it('can name several texts of a label column, of which ties after the first are folded', async () => {
    const label = { column: 'vote', model_a: ['1', 'left'], model_b: '2', tie: ['same', 'neither'] };
    const lines = ['left', 2, 'neither', 'same'].map((vote, n) => ({
      prompt: `${n}`,
      chosen: 'x',
      rejected: 'y',
      vote,
    }));
    const voted = { ...change, columns: { ...columns, label } };
    const { rows, repairs } = await preparedRows(jsonLines(lines), voted);
    expect(rows.map((row) => row.label)).toEqual(['model_a', 'model_b', 'tie', 'tie']);
    expect(repairs).toEqual(['ties_folded,3,vote']);
    expect((await preparedRows(jsonLines(lines), { ...voted, labels: twoLabels })).counts).toMatchObject({
      rows: 2,
      ties_dropped: 2,
    });
  });

  it('printed by Python into CSV are refused, not learned from as text', async () => {
    const text = `prompt,chosen,rejected\nq,"[{'content': 'SECRET', 'role': 'user'}]",y\n`;
    const refused = await refusal(text, { ...change, file_type: 'csv' });
    expect(refused).toContain('train, row 1, column chosen: a conversation written as text');
    expect(refused).not.toContain('SECRET');
  });
});
