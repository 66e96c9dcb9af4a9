import { randomUUID } from 'node:crypto';

import type { ArtifactStore } from '../artifact-store.js';
import { openStore, type StoreOptions } from '../open-store.js';

/** The server that the suite's set-up started. */
export function testServer(): Omit<Required<StoreOptions>, 'prefix' | 'patience'> {
  const setting = (name: string): string => {
    const value = process.env[name];
    if (value === undefined) throw new Error(`${name} is not set: run with vitest.servers.config.mts`);
    return value;
  };
  return {
    endpoint: setting('NACRE_TEST_S3_ENDPOINT'),
    region: setting('NACRE_TEST_S3_REGION'),
    bucket: setting('NACRE_TEST_S3_BUCKET'),
    credentials: {
      accessKeyId: setting('NACRE_TEST_S3_ACCESS_KEY'),
      secretAccessKey: setting('NACRE_TEST_S3_SECRET_KEY'),
    },
  };
}

/** A store of its own, empty, on the real server; anything given replaces the server's. */
export function testStore(changes: Partial<StoreOptions> = {}): ArtifactStore {
  return openStore({ ...testServer(), prefix: `test/${randomUUID()}`, ...changes });
}
