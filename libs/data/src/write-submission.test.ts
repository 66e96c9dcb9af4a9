import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { prepared, threeLabels, twoLabels } from './arena-files.fixture.js';
import { prepareOrder } from './prepare-order.js';
import { temporaryFolder } from './temporary-folder.fixture.js';
import { writeSubmission } from './write-submission.js';
import { writeTable } from './write-table.js';

const testCsv = (ids: readonly string[]) =>
  ['id,prompt,response_a,response_b', ...ids.map((id) => `${id},"[""p""]","[""x""]","[""y""]"`), ''].join(
    '\n',
  );

interface Logits {
  readonly id: string;
  readonly swapped?: boolean;
  readonly values: readonly [number, number, number];
}

const logitColumns = {
  example_id: 'VARCHAR',
  swapped: 'BOOLEAN',
  logit_model_a: 'FLOAT',
  logit_model_b: 'FLOAT',
  logit_tie: 'FLOAT',
} as const;

async function submit(
  shards: readonly (readonly Logits[])[],
  {
    ids = ['20', '3'],
    order,
    orders = 'both',
  }: { ids?: string[]; order?: string[]; orders?: 'both' | 'as_given' } = {},
) {
  const parent = await temporaryFolder();
  const { folder: comparisons } = await prepared(parent, testCsv(ids), { name: 'test', use: 'test' });
  const logits = join(parent, 'logits');
  await mkdir(logits);
  for (const [shard, rows] of shards.entries()) {
    const table = rows.map(({ id, swapped = false, values: [a, b, tie] }) => ({
      ...{ example_id: `test:${id}`, swapped, logit_model_a: a, logit_model_b: b, logit_tie: tie },
    }));
    await writeTable(join(logits, `logits-0000${shard}.parquet`), logitColumns, table);
  }
  const orderFolder = join(parent, 'order');
  if (order !== undefined) {
    await mkdir(orderFolder);
    await writeFile(join(orderFolder, 'order.csv'), ['id', ...order, ''].join('\n'));
  }
  const folder = join(parent, 'submission');
  const places = { logits, comparisons, order: order === undefined ? undefined : orderFolder, folder };
  const file = join(folder, 'submission.csv');
  try {
    const metrics = await writeSubmission({ labels: threeLabels, orders }, places);
    return { metrics, lines: readFileSync(file, 'utf8').trimEnd().split('\n'), refused: '' };
  } catch (error) {
    expect(existsSync(file) || existsSync(`${file}.partial`)).toBe(false);
    return { metrics: {}, lines: [], refused: String(error) };
  }
}

const even = [0, 0, 0] as const;
const both = (id: string, given: Logits['values'] = even, swapped: Logits['values'] = even): Logits[] => [
  { id, values: given },
  { id, swapped: true, values: swapped },
];

describe('a submission', () => {
  it('holds the mean of the probabilities of both orders, the swapped one turned back', async () => {
    const ln = Math.fround(Math.log(3));
    const { lines } = await submit([both('20', [ln, 0, 0], [0, ln, ln]), both('3')]);
    expect(lines[0]).toBe('id,winner_model_a,winner_model_b,winner_tie');
    const [id, ...probabilities] = lines[1]?.split(',') ?? [];
    expect(id).toBe('20');
    // As given (3, 1, 1) / 5; swapped (1, 3, 3) / 7, which turned back is (3, 1, 3) / 7.
    const expected = [(3 / 5 + 3 / 7) / 2, (1 / 5 + 1 / 7) / 2, (1 / 5 + 3 / 7) / 2];
    expected.forEach((each, label) => expect(Number(probabilities[label])).toBeCloseTo(each, 7));
  });

  it('follows the order of the sample submission, else that of the test rows, whatever that of the logits', async () => {
    const idsOf = (lines: readonly string[]) => lines.slice(1).map((line) => line.split(',')[0]);
    const shards = [both('3').toReversed(), both('20')];
    expect(idsOf((await submit(shards)).lines)).toEqual(['20', '3']);
    expect(idsOf((await submit(shards, { order: ['3', '20'] })).lines)).toEqual(['3', '20']);
  });

  it('as given needs one presentation of each row', async () => {
    const rows = [
      { id: '20', values: [1, 0, 0] },
      { id: '3', values: even },
    ] as const;
    const { metrics, lines } = await submit([rows], { orders: 'as_given' });
    expect(lines).toHaveLength(3);
    expect(metrics).toMatchObject({ rows: 2 });
  });

  it('sums to 1 for logits of any size', async () => {
    const { lines } = await submit([
      both('20', [800, -800, 3], [1e30, 0, -1e30]),
      both('3', [-1e-30, 1e4, 88]),
    ]);
    for (const line of lines.slice(1)) {
      const sum = line
        .split(',')
        .slice(1)
        .reduce((total, each) => total + Number(each), 0);
      expect(sum).toBeCloseTo(1, 12);
    }
  });

  it.each([
    ['a test row without prediction', [both('20')], {}, 'id 3 has no prediction'],
    [
      'a prediction for no test row',
      [both('20'), both('3'), both('9')],
      {},
      'test:9 has a prediction, but is no test row',
    ],
    [
      'a row predicted twice',
      [both('20'), both('3'), both('3')],
      {},
      'test:3 has 4 predictions where 2 are asked for',
    ],
    [
      'a row in one order only',
      [both('20'), both('3').slice(1)],
      {},
      'test:3 has 1 predictions where 2 are asked for',
    ],
    [
      'the same order twice',
      [both('20'), [both('3'), both('3')].map(([row]) => row)],
      {},
      'test:3 has 2 predictions',
    ],
    ['a logit that is NaN', [both('20', [Number.NaN, 0, 0]), both('3')], {}, 'test:20 has the logit NaN'],
    [
      'an infinite logit',
      [both('20', even, [0, Infinity, 0]), both('3')],
      {},
      'test:20, swapped has the logit Infinity',
    ],
    [
      'a test id the sample lacks',
      [both('20'), both('3')],
      { order: ['20'] },
      'test id 3 is missing from the sample',
    ],
    [
      'a foreign id in the sample',
      [both('20'), both('3')],
      { order: ['20', '3', '4'] },
      'id 4 of the sample submission',
    ],
    ['an id the sample has twice', [both('20'), both('3')], { order: ['20', '3', '3'] }, 'lists an id twice'],
  ] as [string, Logits[][], { order?: string[] }, string][])(
    'is refused, and no file written, for %s',
    async (_, shards, change, message) => {
      const { refused } = await submit(shards, change);
      expect(refused).toContain('InvalidPrediction: submission: ');
      expect(refused).toContain(message);
    },
  );

  it('has no column for ties with two labels', async () => {
    const parent = await temporaryFolder();
    const { folder: comparisons } = await prepared(parent, testCsv(['1']), { name: 'test', use: 'test' });
    const { example_id, swapped, logit_model_a, logit_model_b } = logitColumns;
    const rows = [{ example_id: 'test:1', swapped: false, logit_model_a: 0, logit_model_b: 0 }];
    await writeTable(
      join(parent, 'logits-00000.parquet'),
      { example_id, swapped, logit_model_a, logit_model_b },
      rows,
    );
    await writeSubmission(
      { labels: twoLabels, orders: 'as_given' },
      { logits: parent, comparisons, folder: parent },
    );
    expect(readFileSync(join(parent, 'submission.csv'), 'utf8')).toBe(
      'id,winner_model_a,winner_model_b\n1,0.5,0.5\n',
    );
  });
});

describe('the order of a submission', () => {
  async function order(text: string) {
    const parent = await temporaryFolder();
    const { folder: test } = await prepared(parent, testCsv(['20', '3']), { name: 'test', use: 'test' });
    const file = join(parent, 'sample');
    await writeFile(file, text);
    const metrics = await prepareOrder({ name: 'sample_submission' }, { file, test, folder: parent });
    return { metrics, text: readFileSync(join(parent, 'order.csv'), 'utf8') };
  }

  it('is that of the ids in the sample submission', async () => {
    expect(await order('id,winner_model_a\n3,0.3\n20,0.3\n')).toEqual({
      metrics: { rows: 2 },
      text: 'id\n3\n20\n',
    });
  });

  it.each([
    [
      'a test id that is missing',
      'id\n3\n',
      'InvalidData: sample_submission, column id: id 20 of test is missing',
    ],
    [
      'an id that is no test id',
      'id\n3\n20\n21\n',
      'InvalidData: sample_submission, row 3, column id: id 21 is no id of test',
    ],
    ['an id twice', 'id\n3\n20\n3\n', 'sample_submission, row 3, column id: the same id as row 1'],
    ['no column id', 'ID\n3\n', 'sample_submission: the header lacks id'],
    ['an empty id', 'id,x\n3,1\n,1\n', 'sample_submission, row 2, column id: no id'],
    ['a header alone', 'id\n', 'sample_submission: a header, but no rows'],
    [
      'the sample of the competition’s overview, which has a comma too many',
      'id,a,b,c\n3,0.33,0,33,0.33\n',
      'row 1: 5 cells',
    ],
  ])('refuses %s', async (_, text, message) => {
    await expect(order(text).catch((error: unknown) => String(error))).resolves.toContain(message);
  });
});
