import { join } from 'node:path';

import { ContractViolation } from '@nacre/contracts/errors';
import { COMPARISONS_FILE } from '@nacre/contracts/tables';

import { sqlText, withDatabase } from './database.js';

/** Characters of all turns of the two answers. */
export interface AnswerCharacters {
  readonly response_a: number;
  readonly response_b: number;
}

/**
 * How long the answers of every row of a prepared source are, by example id. Only the lengths leave the database; a
 * null turn counts nothing.
 *
 * @throws ContractViolation when the file is missing or has other columns
 */
export async function answerLengths(
  folder: string,
  signal?: AbortSignal,
): Promise<Map<string, AnswerCharacters>> {
  const file = join(folder, COMPARISONS_FILE);
  const characters = (column: string) => `length(coalesce(array_to_string(${column}, ''), ''))`;
  return withDatabase(async (connection) => {
    try {
      const found = await connection.runAndReadAll(
        `SELECT example_id, ${characters('response_a')}, ${characters('response_b')} FROM read_parquet(${sqlText(file)})`,
      );
      // example_id is a text and lengths are integers, whatever else the file holds.
      const rows = found.getRowsJS() as unknown as [id: string, a: bigint, b: bigint][];
      return new Map(rows.map(([id, a, b]) => [id, { response_a: Number(a), response_b: Number(b) }]));
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new ContractViolation(`${file}: cannot be read as prepared comparisons`, {}, { cause: error });
    }
  }, signal);
}
