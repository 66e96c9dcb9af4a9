import { parquetBytes } from './parquet-bytes.fixture.js';

/** The text of every prompt below: no message may hold it. */
export const SECRET = 'SECRET';

const HEADER = 'id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie';
const VALUES: Readonly<Record<string, string>> = {
  id: `'1'`,
  prompt: `['${SECRET}']`,
  response_a: `['x']`,
  response_b: `['y']`,
  ...{ winner_model_a: '1', winner_model_b: '0', winner_tie: '0' },
};

/** One row of the competition as a line of CSV. */
export const csvRow = `1,m,m,"[""${SECRET}""]","[""x""]","[""y""]",1,0,0`;

/** A CSV file in the competition's format. */
export function csvOf(...rows: string[]): string {
  return [HEADER, ...rows, ''].join('\n');
}

/** The same row as a line of JSON, some values changed. */
export function jsonLine(change: object = {}): string {
  const texts = { prompt: [SECRET], response_a: ['x'], response_b: ['y'] };
  return `${JSON.stringify({ id: '1', ...texts, winner_model_a: 1, winner_model_b: 0, winner_tie: 0, ...change })}\n`;
}

/** The same row as a Parquet file, some values changed, each an expression of SQL over `from`. */
export function parquetRow(change: Readonly<Record<string, string>> = {}, from = ''): Promise<Buffer> {
  const columns = Object.entries({ ...VALUES, ...change }).map(([name, value]) => `${value} AS ${name}`);
  return parquetBytes(`SELECT ${columns.join()} ${from}`);
}

/** Rows of nulls, and after them the same row. */
export function parquetNulls(rows: number): Promise<Buffer> {
  const last = Object.entries(VALUES).map(([name, value]) => [
    name,
    `CASE WHEN n = ${rows} THEN ${value} END`,
  ]);
  return parquetRow(Object.fromEntries(last) as Record<string, string>, `FROM range(${rows + 1}) r(n)`);
}
