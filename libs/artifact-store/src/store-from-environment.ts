import { StoreUnavailable } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { openStore } from './open-store.js';

/**
 * The store that the environment names: NACRE_S3_BUCKET, NACRE_S3_ENDPOINT (AWS without it), NACRE_S3_PREFIX
 * (`nacre` without it), AWS_REGION or AWS_DEFAULT_REGION, and AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY or whatever
 * else the AWS SDK's own chain finds.
 *
 * @throws StoreUnavailable when the bucket is not set or the endpoint is no URL
 */
export function storeFromEnvironment(environment: NodeJS.ProcessEnv): ArtifactStore {
  const setting = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const bucket = setting('NACRE_S3_BUCKET');
  if (bucket === undefined) {
    throw new StoreUnavailable(
      'No artifact store is configured: set NACRE_S3_BUCKET (and NACRE_S3_ENDPOINT for a server that is not AWS), ' +
        'or start the embedded one with `npx nacre dev`.',
    );
  }
  const endpoint = setting('NACRE_S3_ENDPOINT');
  if (endpoint !== undefined && !/^https?:\/\/[^/]/.test(endpoint)) {
    throw new StoreUnavailable(
      `NACRE_S3_ENDPOINT is ${endpoint}, which is no address: it starts with http:// or https://.`,
    );
  }
  const accessKeyId = setting('AWS_ACCESS_KEY_ID');
  const secretAccessKey = setting('AWS_SECRET_ACCESS_KEY');
  const sessionToken = setting('AWS_SESSION_TOKEN');
  return openStore({
    bucket,
    prefix: setting('NACRE_S3_PREFIX') ?? 'nacre',
    region: setting('AWS_REGION') ?? setting('AWS_DEFAULT_REGION') ?? 'us-east-1',
    ...(endpoint !== undefined && { endpoint }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && {
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
      }),
  });
}
