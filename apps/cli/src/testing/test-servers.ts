import { randomUUID } from 'node:crypto';

import { msToTs } from '@temporalio/common/lib/time.js';
import { connectClient, type ConnectedClient } from '@nacre/temporal-connection';

/** A namespace and a bucket prefix of their own on the servers of the suite. */
export interface TestServers {
  /** Settings that bring a command there. */
  readonly environment: NodeJS.ProcessEnv;
  readonly temporal: ConnectedClient;
}

const setting = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run with vitest.servers.config.mts`);
  return value;
};

/** Makes the namespace; the caller closes the connection. */
export async function testServers(): Promise<TestServers> {
  const address = setting('NACRE_TEST_TEMPORAL_ADDRESS');
  const namespace = `cli-${randomUUID()}`;
  const own = { TEMPORAL_CONFIG_FILE: '/absent.toml', TEMPORAL_ADDRESS: address };
  const first = await connectClient({ ...own, TEMPORAL_NAMESPACE: setting('NACRE_TEST_TEMPORAL_NAMESPACE') });
  await first.connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs('1 day'),
  });
  await first.close();
  const environment = {
    ...own,
    TEMPORAL_NAMESPACE: namespace,
    NACRE_S3_ENDPOINT: setting('NACRE_TEST_S3_ENDPOINT'),
    NACRE_S3_BUCKET: setting('NACRE_TEST_S3_BUCKET'),
    NACRE_S3_PREFIX: `test/${namespace}`,
    AWS_REGION: setting('NACRE_TEST_S3_REGION'),
    AWS_ACCESS_KEY_ID: setting('NACRE_TEST_S3_ACCESS_KEY'),
    AWS_SECRET_ACCESS_KEY: setting('NACRE_TEST_S3_SECRET_KEY'),
  };
  return { environment, temporal: await connected(environment) };
}

/** A new namespace is known to every part of the server only after a moment. */
async function connected(environment: NodeJS.ProcessEnv): Promise<ConnectedClient> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const temporal = await connectClient(environment);
      await temporal.client.workflow.count();
      return temporal;
    } catch (error) {
      if (attempt === 40) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
