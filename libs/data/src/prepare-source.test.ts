import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { arenaCsv, arenaRow, prepared, threeLabels, twoLabels } from './arena-files.fixture.js';
import type { SourceDescription } from './source-layout.js';
import { prepareSource } from './prepare-source.js';
import { preparedRows, refusal } from './prepared-source.fixture.js';
import { temporaryFolder } from './temporary-folder.fixture.js';

const cells = (prompt: string, a = '["x"]', b = '["y"]') =>
  arenaCsv([{ id: '1', prompt, a, b, label: 'tie' }]);

describe('a source in the format of the competition', () => {
  it('becomes one row per comparison, in the order of the file', async () => {
    const { rows, counts } = await preparedRows(
      arenaCsv([arenaRow('9', 'p', 'x', 'y', 'model_a'), arenaRow('3', 'q', 'x', 'y', 'tie')]),
    );
    expect(rows).toMatchObject([
      {
        example_id: 'train:9',
        id: '9',
        source: 'train',
        model_a: 'm1',
        prompt: ['p'],
        response_b: ['y'],
        label: 'model_a',
      },
      { example_id: 'train:3', label: 'tie' },
    ]);
    expect(counts).toMatchObject({ rows_read: 2, rows: 2, label_model_a: 1, label_tie: 1, prompt_groups: 2 });
  });

  it.each([
    ['ASCII escapes', '["caf\\u00e9 \\ud83d\\ude00"]', ['café 😀']],
    ['plain UTF-8', '["café 😀"]', ['café 😀']],
    ['escaped slashes', '["a\\/b"]', ['a/b']],
    ['white space between turns', '[\n  "one",\r\n  "two" ]', ['one', 'two']],
    ['several turns and nulls', '["one",null,""]', ['one', null, '']],
    ['words that are code elsewhere', '["True","__import__(1)"]', ['True', '__import__(1)']],
    ['raw line ends and tabs inside a turn', '["one\ntwo\tthree \\" x"]', ['one\ntwo\tthree " x']],
    ['a NUL', '["a\\u0000b"]', ['a\0b']],
    ['text that looks like the end of a text', '["<|endoftext|>"]', ['<|endoftext|>']],
  ])('reads cells with %s', async (_, cell, turns) => {
    const { rows } = await preparedRows(cells(cell));
    expect(rows[0]?.prompt).toEqual(turns);
  });

  it('repairs lone surrogates, which UTF-8 cannot carry, and counts the rows', async () => {
    const { rows, counts } = await preparedRows(cells('["a\\ud83d"]', '["\\udc00 x","\\ud83d\\ude00"]'));
    expect(rows[0]).toMatchObject({ prompt: ['a\ufffd'], response_a: ['\ufffd x', '😀'] });
    expect(counts).toMatchObject({ surrogates_repaired: 1, null_turns: 0 });
  });

  it('counts nulls, conversations of several turns and repaired control characters', async () => {
    const { counts } = await preparedRows(
      arenaCsv([
        { id: '1', prompt: '["p","q"]', a: '[null,"x"]', b: '["a\nb","y"]', label: 'tie' },
        arenaRow('2', 'p', 'x', 'y', 'tie'),
      ]),
    );
    expect(counts).toMatchObject({
      null_turns: 1,
      multi_turn: 1,
      controls_repaired: 1,
      surrogates_repaired: 0,
    });
  });

  it('reads CRLF files and files with a byte order mark', async () => {
    const text = arenaCsv([arenaRow('1', 'p\nq', 'x', 'y', 'model_b')], '\r\n');
    expect((await preparedRows(`\ufeff${text}`)).rows).toMatchObject([
      { id: '1', prompt: ['p\nq'], label: 'model_b' },
    ]);
  });

  it('keeps the first of equal pairs, in either order and spelling, and counts the others', async () => {
    const { rows, counts } = await preparedRows(
      arenaCsv([
        arenaRow('1', 'p', 'x', 'y', 'model_a'),
        arenaRow('2', ' P ', 'Y', 'x', 'model_a'),
        arenaRow('3', 'p', 'x', 'z', 'model_b'),
      ]),
    );
    expect(rows.map((row) => row.id)).toEqual(['1', '3']);
    expect(counts).toMatchObject({ rows_read: 3, rows: 2, duplicates: 1 });
  });

  it('leaves ties out with two labels, and then needs no column for them', async () => {
    const rows = [arenaRow('1', 'p', 'x', 'y', 'model_a'), arenaRow('2', 'q', 'x', 'y', 'tie')];
    const { counts } = await preparedRows(arenaCsv(rows), { labels: twoLabels });
    expect(counts).toMatchObject({ rows: 1, ties_dropped: 1, label_model_a: 1, label_model_b: 0 });
    const without =
      'id,prompt,response_a,response_b,winner_model_a,winner_model_b\n1,"[""p""]","[""x""]","[""y""]",0,1\n';
    expect((await preparedRows(without, { labels: twoLabels })).rows).toMatchObject([
      { label: 'model_b', model_a: null },
    ]);
  });

  it('keeps every row of a test source, equal pairs too, and looks up no vote', async () => {
    const text =
      'id,prompt,response_a,response_b\n1,"[""p""]","[""x""]","[""y""]"\n2,"[""p""]","[""x""]","[""y""]"\n';
    const { rows, counts } = await preparedRows(text, { use: 'test', name: 'test' });
    expect(rows).toMatchObject([{ label: null }, { example_id: 'test:2', label: null }]);
    expect(counts).toMatchObject({ rows: 2, duplicates: 1 });
    const voted = arenaCsv([arenaRow('1', 'p', 'x', 'y', 'model_a')]);
    expect((await preparedRows(voted, { use: 'test' })).rows).toMatchObject([{ label: null }]);
  });

  it('writes the same bytes again', async () => {
    const rows = Array.from({ length: 3000 }, (_, row) =>
      arenaRow(String(row), `p${row}`, 'x'.repeat(row % 50), 'y', 'tie'),
    );
    const [first, second] = await Promise.all([preparedRows(arenaCsv(rows)), preparedRows(arenaCsv(rows))]);
    const bytes = (folder: string) => readFileSync(join(folder, 'comparisons.parquet'));
    expect(bytes(first.folder).equals(bytes(second.folder))).toBe(true);
    expect(JSON.parse(readFileSync(join(first.folder, 'counts.json'), 'utf8'))).toEqual(first.counts);
  });
});

describe('bad input in the format of the competition', () => {
  const good = '1,m1,m2,"[""p""]","[""x""]","[""y""]",1,0,0';
  const header = 'id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie';
  it.each([
    ['an empty file', '', 'InvalidData: train: the file is empty'],
    ['a header alone', `${header}\n`, 'InvalidData: train: no rows are left'],
    ['a missing column', 'id,prompt,response_a\n', 'train: the header lacks response_b, winner_model_a'],
    ['a column twice', `${header},id\n`, 'train: two columns of the header have the same name'],
    ['a row with too few cells', `${header}\n${good}\n2,m1\n`, 'train, row 2: 2 cells, but the header has 9'],
    ['a cell that is not JSON', cells('SECRET'), 'train, row 1, column prompt: not JSON'],
    ['a cell that is code', cells('["p" + "SECRET"]'), 'train, row 1, column prompt: not JSON'],
    [
      'a cell that is a JSON text',
      cells('["p"]', '"SECRET"'),
      'train, row 1, column response_a: JSON, but no array',
    ],
    ['an empty cell', cells(''), 'train, row 1, column prompt: not JSON'],
    [
      'an array of numbers',
      cells('["p"]', '["x"]', '[1]'),
      'column response_b: an array with other things than strings',
    ],
    ['an empty array', cells('[]'), 'column prompt: an empty array'],
    [
      'two winners',
      `${header}\n${good.replace('1,0,0', '1,0,1')}\n`,
      'train, row 1, column winner_model_a: 2 of the winner',
    ],
    [
      'no winner',
      `${header}\n${good.replace('1,0,0', '0,0,0')}\n`,
      'train, row 1, column winner_model_a: 0 of the winner',
    ],
    [
      'a winner that is no 0 or 1',
      `${header}\n${good.replace('1,0,0', '0.5,0,0')}\n`,
      'column winner_model_a: neither 0 nor 1',
    ],
    [
      'an id twice',
      `${header}\n${good}\n${good.replace('p', 'q')}\n`,
      'train, row 2, column id: the same id as row 1',
    ],
    ['a row without id', `${header}\n${good.slice(1)}\n`, 'train, row 1, column id: no id'],
    [
      'an open quotation mark',
      `${header}\n${good}\n2,m1,m2,"["p""]`,
      'train, row 2, column prompt: text after the closing',
    ],
    ['bytes that are no UTF-8', Buffer.from([0x69, 0x64, 0xff, 0x0a]), 'train: not UTF-8 text'],
    ['UTF-16', Buffer.from(`\ufeff${header}`, 'utf16le'), 'train: not UTF-8 text'],
  ])('%s is refused with its place, without its text', async (_, text, message) => {
    const refused = await refusal(text);
    expect(refused).toContain(message);
    expect(refused).not.toContain('SECRET');
  });

  it('leaves nothing half-written', async () => {
    const parent = await temporaryFolder();
    await expect(prepared(parent, `${arenaCsv([arenaRow('1', 'p', 'x', 'y')])}2,bad`)).rejects.toThrow(
      'row 2',
    );
    expect(existsSync(join(parent, 'train', 'comparisons.parquet'))).toBe(false);
    expect(existsSync(join(parent, 'train', 'comparisons.parquet.partial'))).toBe(false);
    expect(existsSync(join(parent, 'train', 'counts.json'))).toBe(false);
  });

  it('an abort ends the reading with its reason', async () => {
    const folder = await temporaryFolder();
    const { folder: from } = await prepared(folder, arenaCsv([arenaRow('1', 'p', 'x', 'y')]));
    const signal = AbortSignal.abort(new Error('enough'));
    const description = {
      name: 'train',
      format: 'arena_csv',
      file_type: 'csv',
      use: 'train',
      labels: threeLabels,
    } as const;
    const file = join(folder, 'train.source');
    await expect(prepareSource(description, { file, folder: from, signal })).rejects.toThrow('enough');
  });
});

describe('a source with mapped columns', () => {
  const mapped = (
    label?: NonNullable<SourceDescription['columns']>['label'],
  ): Partial<SourceDescription> => ({
    ...{ name: 'ours', use: 'extra', format: 'columns' },
    columns: {
      prompt: 'q',
      response_a: 'good',
      response_b: 'bad',
      ...(label === undefined ? {} : { label }),
    },
  });

  it('takes plain text as one turn, JSON arrays of strings as turns, and the row number as id', async () => {
    const text = 'q,good,bad,extra\nhi,"[""a"",null]","[1, 2]",z\nTrue,null,"[""x""",z\n';
    const { rows } = await preparedRows(text, mapped({ always: 'model_a' }));
    expect(rows).toMatchObject([
      {
        example_id: 'ours:1',
        prompt: ['hi'],
        response_a: ['a', null],
        response_b: ['[1, 2]'],
        label: 'model_a',
      },
      { example_id: 'ours:2', prompt: ['True'], response_a: ['null'], response_b: ['["x"'] },
    ]);
  });

  it('reads JSON lines: text, arrays and null, ids and labels of any simple kind', async () => {
    const lines = [
      { key: 7, q: ['a', 'b'], good: null, bad: 'y', vote: 1 },
      { key: 'x', q: 'p\ud83d', good: 'x', bad: 'y', vote: 'same' },
    ].map((line) => JSON.stringify(line));
    const label = { column: 'vote', model_a: '1', model_b: '2', tie: 'same' };
    const description = mapped(label);
    const { rows, counts } = await preparedRows(`${lines.join('\n')}\n\n`, {
      ...description,
      file_type: 'jsonl',
      columns: { ...description.columns, id: 'key' } as NonNullable<SourceDescription['columns']>,
    });
    expect(rows).toMatchObject([
      { example_id: 'ours:7', prompt: ['a', 'b'], response_a: [null], label: 'model_a' },
      { example_id: 'ours:x', prompt: ['p\ufffd'], label: 'tie' },
    ]);
    expect(counts).toMatchObject({ surrogates_repaired: 1, multi_turn: 1, null_turns: 1 });
  });

  it('has no labels when the recipe maps none', async () => {
    expect((await preparedRows('q,good,bad\np,x,y\n', mapped())).rows).toMatchObject([{ label: null }]);
  });

  const byVote = { column: 'vote', model_a: 'a', model_b: 'b' };
  it.each([
    [
      'a label the recipe does not know',
      'csv',
      'q,good,bad,vote\np,x,y,SECRET\n',
      'ours, row 1, column vote: none of the texts',
    ],
    ['a missing column', 'csv', 'q,good,bad\np,x,y\n', 'ours: the header lacks vote'],
    ['a line that is no JSON', 'jsonl', '{"q":"SECRET"\n', 'ours, row 1: the line is no JSON object'],
    ['a line that is no object', 'jsonl', '["SECRET"]\n', 'ours, row 1: the line is no JSON object'],
    [
      'a line without a key',
      'jsonl',
      '{"q":"p","good":"SECRET","vote":"a"}\n',
      'ours, row 1, column bad: the line has no such key',
    ],
    [
      'a cell of another kind',
      'jsonl',
      '{"q":{"t":"SECRET"},"good":"x","bad":"y","vote":"a"}',
      'row 1, column q: neither text nor',
    ],
    ['an empty file', 'jsonl', '', 'ours: the file is empty'],
  ] as const)('refuses %s with its place', async (_, file_type, text, message) => {
    const refused = await refusal(text, { ...mapped(byVote), file_type });
    expect(refused).toContain(message);
    expect(refused).not.toContain('SECRET');
  });
});
