import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { ContractViolation } from '@nacre/contracts/errors';
import type { Labels } from '@nacre/contracts/recipe';
import { FOLDS_FILE, logitsFile, LOGITS_SHARD_ROWS } from '@nacre/contracts/tables';

import { sqlName, sqlText, withDatabase } from './database.js';

export interface PermutedLogits {
  /** Folder of a logits artifact. */
  readonly logits: string;
  /** Folder with folds.parquet. */
  readonly folds: string;
  /** Folder that gets the shards. */
  readonly folder: string;
  readonly labels: Labels;
  /** Fold of the student that will learn from them. */
  readonly fold: number;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Deals the logits of a table to other examples: a control that keeps everything about a teacher's advice but which
 * row it is about. Rows, their order, their columns and what the files say of whose logits they are stay.
 *
 * An example gets both orders of one other example, so the advice stays consistent; examples that the fold's student
 * may train on are dealt among themselves, the others among themselves, so it learns from the same set of logits as
 * the student that it controls. The deal is one cycle in the order of sha256(seed, example): no example keeps its own
 * where there are two, and every teacher with the same examples is dealt alike.
 *
 * @returns rows, and examples that kept their own logits because they have none to change with.
 * @throws ContractViolation when an example is not in the folds or lacks one of the orders
 */
export async function permuteLogits(places: PermutedLogits): Promise<{ rows: number; kept: number }> {
  const { logits, folds, folder, labels, fold, seed, signal } = places;
  const shards = (await readdir(logits)).filter((file) => /^logits-\d+\.parquet$/.test(file)).sort();
  if (shards.length === 0) throw new ContractViolation(`${logits}: no shard of logits`);
  const files = `[${shards.map((shard) => sqlText(join(logits, shard))).join(', ')}]`;
  return withDatabase(async (connection) => {
    const one = async (query: string) => (await connection.runAndReadAll(query)).getRowsJS()[0] ?? [];
    await connection.run(
      `CREATE TABLE rows AS SELECT *, row_number() OVER () AS place FROM read_parquet(${files})`,
    );
    await connection.run(
      `CREATE TABLE dealt AS SELECT example_id, coalesce(
           lead(example_id) OVER deck, first_value(example_id) OVER deck) AS giver
         FROM (SELECT DISTINCT example_id, list_contains(held_out_of, ${fold}) AS held
               FROM rows JOIN read_parquet(${sqlText(join(folds, FOLDS_FILE))}) USING (example_id))
         WINDOW deck AS (PARTITION BY held ORDER BY sha256(${seed} || ' ' || example_id))`,
    );
    const given = labels.map((label) => `giver.${sqlName(`logit_${label}`)} AS ${sqlName(`logit_${label}`)}`);
    await connection.run(
      `CREATE TABLE permuted AS SELECT rows.* REPLACE (${given.join(', ')}), rows.example_id = dealt.giver AS kept
         FROM rows JOIN dealt USING (example_id)
         JOIN rows AS giver ON giver.example_id = dealt.giver AND giver.swapped = rows.swapped`,
    );
    const [rows, permuted, kept] = (
      await one('SELECT (SELECT count(*) FROM rows), count(*), count_if(kept AND NOT swapped) FROM permuted')
    ).map(Number);
    if (rows === undefined || rows !== permuted) {
      throw new ContractViolation(
        `${logits}: ${Number(rows) - Number(permuted)} rows of logits are not in the folds or lack one order of the answers`,
      );
    }
    for (let shard = 0; shard * LOGITS_SHARD_ROWS < rows; shard += 1) {
      const from = shard * LOGITS_SHARD_ROWS;
      await connection.run(
        `COPY (SELECT * EXCLUDE (place, kept) FROM permuted WHERE place > ${from} AND place <= ${from + LOGITS_SHARD_ROWS}
                ORDER BY place)
         TO ${sqlText(join(folder, logitsFile(shard)))} (FORMAT parquet, COMPRESSION zstd${await metadataOf(files)})`,
      );
    }
    return { rows, kept: kept ?? 0 };

    /** What the first file says of itself besides its columns, for the files made of it. */
    async function metadataOf(list: string): Promise<string> {
      const found = await connection.runAndReadAll(
        `SELECT DISTINCT decode(key), decode(value) FROM parquet_kv_metadata(${list}) WHERE decode(key) LIKE 'nacre.%' ORDER BY 1`,
      );
      const texts = found.getRowsJS() as unknown as [key: string, value: string][];
      const pairs = texts.map(([key, value]) => `${sqlName(key)}: ${sqlText(value)}`);
      return pairs.length === 0 ? '' : `, KV_METADATA {${pairs.join(', ')}}`;
    }
  }, signal);
}
