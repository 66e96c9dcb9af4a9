import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Labels } from '@nacre/contracts/recipe';
import { readTable } from '@nacre/data';
import type { LogitRow } from '@nacre/metrics';

/**
 * The rows of all shards of a logits artifact.
 *
 * @throws ContractViolation when a shard is not as @nacre/contracts/tables says
 */
export async function readLogits(folder: string, labels: Labels, signal?: AbortSignal): Promise<LogitRow[]> {
  const shards = (await readdir(folder)).filter((file) => /^logits-\d+\.parquet$/.test(file)).sort();
  const logits = labels.map((label) => `logit_${label}`);
  const rows = await readTable(
    shards.map((file) => join(folder, file)),
    {
      example_id: 'VARCHAR',
      swapped: 'BOOLEAN',
      ...Object.fromEntries(logits.map((column) => [column, 'FLOAT'] as const)),
    },
    { signal },
  );
  return rows.map((row) => {
    const values: Readonly<Record<string, unknown>> = row;
    return {
      example_id: row.example_id,
      swapped: row.swapped,
      logits: logits.map((column) => values[column] as number),
    };
  });
}
