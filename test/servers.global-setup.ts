import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalStack, stopLocalStack } from '@nacre/local-stack';

/**
 * One embedded Temporal and one S3 server for all tests of a tier, in a folder of their own. Test files
 * find them by NACRE_TEST_* and keep apart by a Temporal namespace or task queue and a bucket prefix per file.
 */
export default async function startServers(): Promise<() => Promise<void>> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'nacre-servers-'));
  const stop = async () => {
    await stopLocalStack(stateFolder);
    await rm(stateFolder, { recursive: true, force: true });
  };
  try {
    const { temporal, s3 } = await startLocalStack({ stateFolder });
    Object.assign(process.env, {
      NACRE_TEST_STATE_FOLDER: stateFolder,
      NACRE_TEST_TEMPORAL_ADDRESS: temporal.address,
      NACRE_TEST_TEMPORAL_NAMESPACE: temporal.namespace,
      NACRE_TEST_S3_ENDPOINT: s3.endpoint,
      NACRE_TEST_S3_REGION: s3.region,
      NACRE_TEST_S3_BUCKET: s3.bucket,
      NACRE_TEST_S3_ACCESS_KEY: s3.accessKeyId,
      NACRE_TEST_S3_SECRET_KEY: s3.secretAccessKey,
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}
