import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

/** What a query may hold before it spills to disk, beside the rows JavaScript holds. */
const MEMORY_LIMIT = '256MB';

/** A DuckDB of its own and what ends it. */
export interface Database {
  readonly connection: DuckDBConnection;
  /** Closes it and removes what it spilled; safe after an abort. */
  readonly close: () => Promise<void>;
}

/**
 * Opens a DuckDB of its own, in memory, which spills into a temporary folder that goes with it. It has one thread, so
 * rows keep their order and files their bytes, and 57,000 conversations fit beside it in 1 GB. An abort interrupts
 * the running query.
 */
export async function openDatabase(signal?: AbortSignal): Promise<Database> {
  signal?.throwIfAborted();
  const spill = await mkdtemp(join(tmpdir(), 'nacre-duckdb-'));
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: MEMORY_LIMIT,
    temp_directory: spill,
    threads: '1',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const interrupt = () => connection.interrupt();
  signal?.addEventListener('abort', interrupt, { once: true });
  const close = async () => {
    signal?.removeEventListener('abort', interrupt);
    connection.closeSync();
    instance.closeSync();
    await rm(spill, { recursive: true, force: true });
  };
  return { connection, close };
}

/** Runs work on a DuckDB of its own (see openDatabase); after an abort it rejects with the signal's reason. */
export async function withDatabase<Result>(
  work: (connection: DuckDBConnection) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const { connection, close } = await openDatabase(signal);
  try {
    return await work(connection);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await close();
  }
}

/** A path or text as a SQL literal, for the places where DuckDB takes no parameter. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A column name as a quoted SQL identifier. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
