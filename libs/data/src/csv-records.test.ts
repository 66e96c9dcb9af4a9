import { describe, expect, it } from 'vitest';

import { csvRecords } from './csv-records.js';

async function* pieces(text: string, length: number): AsyncGenerator<string> {
  for (let start = 0; start < text.length; start += length) {
    yield await Promise.resolve(text.slice(start, start + length));
  }
}

async function records(text: string, length = text.length): Promise<string[][]> {
  const found: string[][] = [];
  for await (const record of csvRecords(pieces(text, length), 'train')) found.push(record);
  return found;
}

describe('csvRecords', () => {
  it.each([
    [
      'plain cells',
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'no line end at the end',
      'a,b\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'CRLF',
      'a,b\r\n1,2\r\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['commas, line ends and doubled marks in quotes', 'a\n"x,\r\n""y"""\n', [['a'], ['x,\r\n"y"']]],
    [
      'empty cells, quoted or not',
      'a,b,c\n,"",\n',
      [
        ['a', 'b', 'c'],
        ['', '', ''],
      ],
    ],
    ['a record that is one empty quoted cell', 'a\n""\n', [['a'], ['']]],
    ['blank lines', '\n\na\r\n\r\n1\n\n', [['a'], ['1']]],
  ])('reads %s, whatever the pieces', async (_, text, expected) => {
    for (const length of [text.length, 3, 2, 1]) expect(await records(text, length)).toEqual(expected);
  });

  it.each([
    [
      'a mark inside an unquoted cell',
      'a\n1\nx"y\n',
      'train, row 2, column 1: a quotation mark inside an unquoted cell',
    ],
    [
      'text after a closing mark',
      'a\n"x"y\n',
      'train, row 1, column 1: text after the closing quotation mark',
    ],
    [
      'a bare carriage return',
      'a\n1\rb\n',
      'train, row 1, column 1: a carriage return outside quotation marks',
    ],
    [
      'a bare carriage return at the end',
      'a\n1\r',
      'train, row 1, column 1: a carriage return outside quotation marks',
    ],
    [
      'a quoted cell that never ends',
      'a\n1\n2\n"x\n',
      'train, row 3, column 1: the file ends inside a quoted cell',
    ],
  ])('refuses %s, naming the row', async (_, text, message) => {
    for (const length of [text.length, 1]) await expect(records(text, length)).rejects.toThrow(message);
  });
});
