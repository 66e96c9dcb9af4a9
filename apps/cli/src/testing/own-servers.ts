import { afterAll, beforeAll } from 'vitest';

import { testServers, type TestServers } from './test-servers.js';

/** A namespace in which nothing has polled yet. */
export function ownServers(): () => TestServers {
  let servers: TestServers | undefined;
  beforeAll(async () => {
    servers = await testServers();
  });
  afterAll(() => servers?.temporal.close());
  return () => {
    if (servers === undefined) throw new Error('the servers of the suite have not been started');
    return servers;
  };
}
