import { openStore, type ArtifactStore } from '@nacre/artifact-store';

const setting = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run with vitest.servers.config.mts`);
  return value;
};

/** A store on the server of the suite, of the test that names it. */
export function testStoreOf(name: string): ArtifactStore {
  return openStore({
    endpoint: setting('NACRE_TEST_S3_ENDPOINT'),
    region: setting('NACRE_TEST_S3_REGION'),
    bucket: setting('NACRE_TEST_S3_BUCKET'),
    prefix: `test/${name}`,
    credentials: {
      accessKeyId: setting('NACRE_TEST_S3_ACCESS_KEY'),
      secretAccessKey: setting('NACRE_TEST_S3_SECRET_KEY'),
    },
  });
}
