import { describe, expect, it } from 'vitest';

import { arenaCsv, arenaRow } from './arena-files.fixture.js';
import { csvOf, csvRow, jsonLine, parquetNulls, parquetRow, SECRET } from './one-row.fixture.js';
import { parquetBytes } from './parquet-bytes.fixture.js';
import { preparedRows } from './prepared-source.fixture.js';
import type { SourceDescription } from './source-layout.js';

type Bytes = string | Buffer;

/** A fault, the bytes that have it, how they are read, and what becomes of them. */
interface Fault {
  readonly fault: string;
  readonly bytes: () => Bytes | Promise<Bytes>;
  readonly change?: Partial<SourceDescription>;
  /** The error, with its place. */
  readonly refused?: string;
  /** The repairs that are counted; without any, the rows are read as they are. */
  readonly repaired?: Readonly<Record<string, number>>;
  /** First line of repairs.csv. */
  readonly listed?: string;
  readonly rows?: readonly object[];
}

const jsonl = { file_type: 'jsonl' } as const;
const inParquet = { file_type: 'parquet' } as const;
const conversations = { ...jsonl, format: 'arena_conversations' } as const;
const kept = [{ id: '1', label: 'model_a' }];
const MILLION = 1_000_000;

const faults: readonly Fault[] = [
  {
    fault: 'a cell of 50 MB in CSV',
    bytes: () => csvOf(csvRow, `2,m,m,"[""${'x'.repeat(50_000_000)}""]"`),
    refused: 'train, row 2, column prompt: more than 16 million characters',
  },
  {
    fault: 'a cell of 50 MB in JSON lines',
    bytes: () => jsonLine() + jsonLine({ id: '2', response_b: ['x'.repeat(50_000_000)] }),
    change: jsonl,
    refused: 'train, row 2, column response_b: more than 16 million characters',
  },
  {
    fault: 'a cell of 50 MB in Parquet',
    bytes: () => parquetRow({ response_a: `[repeat('x', 50000000)]` }),
    change: inParquet,
    refused: 'train, row 1, column response_a: more than 16 million characters',
  },
  {
    fault: 'a line that never ends',
    bytes: () => jsonLine() + 'x'.repeat(80_000_000),
    change: jsonl,
    refused: 'train, row 2: a line of more than 67108864 characters',
  },
  {
    fault: 'a CSV file cut inside a quoted cell',
    bytes: () => csvOf(csvRow, csvRow).slice(0, -25),
    refused: 'train, row 2, column response_a: the file ends inside a quoted cell; it was cut',
  },
  {
    fault: 'a CSV file cut between cells',
    bytes: () => csvOf(csvRow, csvRow).slice(0, -5),
    refused: 'train, row 2: 7 cells, but the header has 9',
  },
  {
    fault: 'JSON lines cut inside a line',
    bytes: () => (jsonLine() + jsonLine({ id: '2' })).slice(0, -40),
    change: jsonl,
    refused: 'train, row 2: the line is no JSON object; each line must be a whole one',
  },
  {
    fault: 'a Parquet file that was cut',
    bytes: async () => (await parquetRow()).subarray(0, -10),
    change: inParquet,
    refused: 'train: a Parquet file that was cut: it does not end with PAR1; copy it again',
  },
  {
    fault: 'a Parquet file damaged in its middle',
    bytes: async () => (await parquetRow({ model_a: `repeat('${SECRET}', 50)` })).fill(0xff, 4, 200),
    change: inParquet,
    refused: 'train: cannot be read as Parquet after row 0: the file is damaged',
  },
  {
    fault: 'zero bytes in a cell',
    bytes: () => csvOf(csvRow, csvRow.replace('x', 'a\0b')),
    refused: 'train, row 2, column response_a: a zero byte; the file is damaged, or is UTF-16 text',
  },
  {
    fault: 'zero bytes in a line',
    bytes: () => jsonLine() + jsonLine().replace('x', 'a\0b'),
    change: jsonl,
    refused: 'train, row 2: a zero byte; the file is damaged, or is UTF-16 text',
  },
  {
    fault: 'nothing but zero bytes',
    bytes: () => Buffer.alloc(5000),
    refused: 'train, row 0, column 1: a zero byte',
  },
  {
    fault: 'UTF-16',
    bytes: () => Buffer.from(`\ufeff${csvOf(csvRow)}`, 'utf16le'),
    refused: 'train: not UTF-8 text, but UTF-16 text, as its byte order mark says; save the file as UTF-8',
  },
  {
    fault: 'UTF-16, the other way round',
    bytes: () => Buffer.from(`\ufeff${csvOf(csvRow)}`, 'utf16le').swap16(),
    refused: 'train: not UTF-8 text, but UTF-16 text',
  },
  {
    fault: 'UTF-16 without a mark',
    bytes: () => Buffer.from(csvOf(csvRow), 'utf16le'),
    refused: 'train, row 0, column 1: a zero byte; the file is damaged, or is UTF-16 text',
  },
  {
    fault: 'Latin-1',
    bytes: () => Buffer.from(csvOf(csvRow.replace('x', 'é')), 'latin1'),
    refused: 'train: not UTF-8 text (after byte 0); save the file as UTF-8',
  },
  {
    fault: 'a packed file',
    bytes: () => Buffer.from([0x1f, 0x8b, 8, 0, 0]),
    refused: 'train: not UTF-8 text, but a file packed by gzip; unpack it',
  },
  {
    fault: 'a spreadsheet',
    bytes: () => Buffer.from('PK\u0003\u0004'),
    refused:
      'train: not UTF-8 text, but a zip archive or a spreadsheet; unpack it, or save it as CSV in UTF-8',
  },
  {
    fault: 'a byte order mark',
    bytes: () => `\ufeff${csvOf(csvRow)}`,
    repaired: { byte_order_mark: 1 },
    listed: 'byte_order_mark,,',
    rows: kept,
  },
  {
    fault: 'a byte order mark before JSON lines',
    bytes: () => `\ufeff${jsonLine()}`,
    change: jsonl,
    repaired: { byte_order_mark: 1 },
    listed: 'byte_order_mark,,',
    rows: kept,
  },
  {
    fault: 'CRLF',
    bytes: () => csvOf(csvRow, csvRow.replace('1', '2').replace('x', 'a\nb')).replaceAll('\n', '\r\n'),
    repaired: { crlf_line_ends: 1, controls_repaired: 1 },
    listed: 'crlf_line_ends,,',
    rows: [{ id: '1' }, { id: '2', response_a: ['a\r\nb'] }],
  },
  {
    fault: 'CRLF after JSON lines',
    bytes: () => jsonLine().replace('\n', '\r\n'),
    change: jsonl,
    repaired: { crlf_line_ends: 1 },
    listed: 'crlf_line_ends,,',
    rows: kept,
  },
  {
    fault: 'a million blank lines',
    bytes: () => csvOf(`${csvRow}${'\n'.repeat(MILLION)}`),
    repaired: { empty_rows: MILLION },
    listed: 'empty_rows,1,',
    rows: kept,
  },
  {
    fault: 'a million rows of empty cells',
    bytes: () => csvOf(`${',,,,,,,,\n'.repeat(MILLION)}${csvRow}`),
    repaired: { empty_rows: MILLION },
    listed: 'empty_rows,1,',
    rows: kept,
  },
  {
    fault: 'a million empty lines of JSON',
    bytes: () => `${'{}\n'.repeat(MILLION / 2)}${'\n'.repeat(MILLION / 2)}${jsonLine()}`,
    change: jsonl,
    repaired: { empty_rows: MILLION },
    listed: 'empty_rows,1,',
    rows: kept,
  },
  {
    fault: 'a million rows of nulls in Parquet',
    bytes: () => parquetNulls(MILLION),
    change: inParquet,
    repaired: { empty_rows: MILLION },
    listed: 'empty_rows,1,',
    rows: kept,
  },
  {
    fault: 'nothing but empty rows',
    bytes: () => csvOf(',,,,,,,,', ''),
    refused: 'train: no rows are left; all were left out: empty_rows 2',
  },
  {
    fault: 'two winners',
    bytes: () => csvOf(csvRow.replace('1,0,0', '1,0,1')),
    refused: 'train, row 1, column winner_model_a: 2 of the winner columns are 1; exactly one must be',
  },
  {
    fault: 'no winner',
    bytes: () => jsonLine({ winner_model_a: 0 }),
    change: jsonl,
    refused: 'train, row 1, column winner_model_a: 0 of the winner columns are 1; exactly one must be',
  },
  {
    fault: 'a winner of null',
    bytes: () => parquetRow({ winner_model_b: 'NULL::INTEGER' }),
    change: inParquet,
    refused: 'train, row 1, column winner_model_b: neither 0 nor 1',
  },
  {
    fault: 'no winner of a conversation',
    bytes: () =>
      jsonLine({
        winner: null,
        conversation_a: [{ role: 'user', content: 'q' }],
        conversation_b: [{ role: 'user', content: 'q' }],
      }),
    change: conversations,
    refused: 'train, row 1, column winner: none of the texts that stand for a label',
  },
  {
    fault: 'ids beyond 2^53 in CSV and Parquet, which stay exact',
    bytes: () => parquetRow({ id: '9007199254740993::BIGINT' }),
    change: inParquet,
    rows: [{ id: '9007199254740993' }],
  },
  {
    fault: 'an id beyond 2^53 as text',
    bytes: () => csvOf(csvRow.replace('1', '9007199254740993')),
    rows: [{ id: '9007199254740993' }],
  },
  {
    fault: 'an id beyond 2^53 as a number of JSON',
    bytes: () => jsonLine().replace('"id":"1"', '"id":9007199254740993'),
    change: jsonl,
    refused:
      'train, row 1, column id: a number beyond 2^53 or no whole one, which is not exact; write the id as text',
  },
  {
    fault: 'an id beyond 2^53 as a double',
    bytes: () => parquetRow({ id: '9007199254740993::DOUBLE' }),
    change: inParquet,
    refused: 'train, row 1, column id: a number beyond 2^53',
  },
  {
    fault: 'an id twice',
    bytes: () => csvOf(csvRow, csvRow.replace('x', 'z')),
    refused:
      'train, row 2, column id: the same id as row 1; ids must be unique, or let the number of the row be it',
  },
  {
    fault: 'no id',
    bytes: () => jsonLine({ id: null }),
    change: jsonl,
    refused: 'train, row 1, column id: no id; give text or a number',
  },
  {
    fault: 'contradictory votes for a pair, as given and turned',
    bytes: () =>
      arenaCsv([
        arenaRow('1', SECRET, 'x', 'y', 'model_a'),
        arenaRow('2', SECRET, 'x', 'y', 'model_b'),
        arenaRow('3', SECRET, 'y', 'x', 'model_b'),
        arenaRow('4', SECRET, 'y', 'x', 'model_a'),
        arenaRow('5', SECRET, 'x', 'y', 'tie'),
      ]),
    repaired: { duplicates: 4, contradictory_votes: 3 },
    listed: 'duplicates,2,',
    rows: kept,
  },
  {
    fault: 'Parquet with bytes',
    bytes: () => parquetRow({ response_b: `'${SECRET}'::BLOB` }),
    change: inParquet,
    refused:
      'train, column response_b: of type BLOB, which holds no text; write text, numbers, or lists of them',
  },
  {
    fault: 'Parquet with times',
    bytes: () => parquetRow({ id: `TIMESTAMP '2026-01-01'` }),
    change: inParquet,
    refused: 'train, column id: of type TIMESTAMP, which holds no text',
  },
  {
    fault: 'Parquet with decimals',
    bytes: () => parquetRow({ id: '1.5::DECIMAL(5, 2)' }),
    change: inParquet,
    refused: 'train, column id: of type DECIMAL(5,2), which holds no text',
  },
  {
    fault: 'Parquet with maps',
    bytes: () => parquetRow({ prompt: `MAP {'${SECRET}': 'x'}` }),
    change: inParquet,
    refused: 'train, column prompt: of type MAP(VARCHAR, VARCHAR), which holds no text',
  },
  {
    fault: 'Parquet with numbers where texts belong',
    bytes: () => parquetRow({ prompt: '[1, 2]' }),
    change: inParquet,
    refused: 'train, row 1, column prompt: an array with other things than strings and nulls',
  },
  {
    fault: 'Parquet with an object where texts belong',
    bytes: () => parquetRow({ prompt: `{'a': '${SECRET}'}` }),
    change: inParquet,
    refused: 'train, row 1, column prompt: JSON, but no array',
  },
  {
    fault: 'Parquet with null where texts belong',
    bytes: () => parquetRow({ response_a: 'NULL::VARCHAR' }),
    change: inParquet,
    refused: 'train, row 1, column response_a: no value; it must be an array of strings',
  },
  {
    fault: 'Parquet without a column',
    bytes: () => parquetBytes('SELECT 1 AS id'),
    change: inParquet,
    refused: 'train: the file lacks the columns prompt, response_a, response_b, winner_model_a',
  },
  {
    fault: 'a pickle named .parquet',
    bytes: () => Buffer.from([0x80, 4, 0x95, 1, 2, 3, 4, 5, 6]),
    change: inParquet,
    refused: 'train: no Parquet file, whatever its name: it does not begin with PAR1',
  },
  {
    fault: 'Parquet read as CSV',
    bytes: () => parquetRow(),
    refused: 'train: not UTF-8 text, but a Parquet file; write file_type: parquet',
  },
  {
    fault: 'escaped slashes',
    bytes: () => csvOf(csvRow.replace('x', 'a\\/b')),
    rows: [{ response_a: ['a/b'] }],
  },
  {
    fault: 'raw newlines inside a turn',
    bytes: () => csvOf(csvRow.replace('x', 'a\nb')),
    repaired: { controls_repaired: 1 },
    listed: 'controls_repaired,1,response_a',
    rows: [{ response_a: ['a\nb'] }],
  },
  {
    fault: 'a lone surrogate',
    bytes: () => jsonLine({ response_b: ['a\ud83d'], model_a: 'm\ud83d' }),
    change: jsonl,
    repaired: { surrogates_repaired: 1 },
    listed: 'surrogates_repaired,1,response_b',
    rows: [{ response_b: ['a\ufffd'], model_a: 'm\ufffd' }],
  },
];

/** Repairs that happen to no good row. */
const REPAIRS =
  /^(byte_|crlf|empty|surrogates|controls|ties_folded|duplicates|contradictory)|_left_out$|_dropped$/;

describe('a source with', () => {
  it.each(faults)(
    '$fault',
    { timeout: 30_000 },
    async ({ bytes, change, refused, repaired, listed, rows }) => {
      const result = await preparedRows(await bytes(), change).catch((error: unknown) => String(error));
      if (typeof result === 'string') {
        expect(result).toContain(`InvalidData: ${refused ?? 'accepted'}`);
        expect(result).not.toContain(SECRET);
        expect(result.length).toBeLessThan(250);
      } else {
        expect(refused, 'it was accepted').toBeUndefined();
        expect(result.rows).toMatchObject(rows ?? []);
        const counted = Object.entries(result.counts).filter(([name, n]) => REPAIRS.test(name) && n > 0);
        expect(Object.fromEntries(counted)).toEqual(repaired ?? {});
        expect(result.repairs[0]).toBe(listed);
        expect(result.repairs.join('\n')).not.toContain(SECRET);
        expect(result.repairs.length).toBeLessThanOrEqual(100 * Object.keys(repaired ?? {}).length);
      }
    },
  );
});
