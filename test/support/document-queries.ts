import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { DuckDBInstance } from '@duckdb/node-api';

import { root } from './workplace.js';

/** Runs the queries of docs/queries.md on folders that stand for those which the page names. */
export class DocumentQueries {
  readonly #text = readFileSync(join(root, 'docs/queries.md'), 'utf8');

  /** Names of the queries of the page. */
  get names(): string[] {
    return [...this.#text.matchAll(/<!-- query: ([a-z-]+) -->/g)].map(([, name]) => name ?? '');
  }

  /** Rows of a query, values as JSON has them; `folders` by the name that the query gives them. */
  async rows(name: string, folders: Readonly<Record<string, string>>): Promise<Record<string, unknown>[]> {
    const [, query] =
      new RegExp(`<!-- query: ${name} -->\\s+\`\`\`sql\\n([^]*?)\`\`\``).exec(this.#text) ?? [];
    if (query === undefined) throw new Error(`docs/queries.md has no query ${name}`);
    const placed = query.replaceAll(/'([a-z-]+)\/([^']+\.parquet)'/g, (_, folder: string, file: string) => {
      const place = folders[folder];
      if (place === undefined) throw new Error(`the query ${name} reads ${folder}, which has no folder here`);
      return `'${join(place, file)}'`;
    });
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    try {
      return (await connection.runAndReadAll(placed)).getRowObjectsJson();
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }
}
