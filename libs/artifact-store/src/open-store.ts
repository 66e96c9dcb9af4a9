import { S3Client } from '@aws-sdk/client-s3';

import type { ArtifactStore } from './artifact-store.js';

/** Where the artifacts are. */
export interface StoreOptions {
  /** Root URL of an S3 server that is not AWS; its buckets are addressed by path. */
  readonly endpoint?: string;
  readonly bucket: string;
  /** First segments of every key. */
  readonly prefix: string;
  readonly region: string;
  /** Without them the AWS SDK's own chain decides: environment, profile, container, instance. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Milliseconds without news from the server before a request is broken off and sent again. @default 60 000 */
  readonly patience?: number;
}

/** Every failure reaches the caller as an error: the SDK's own remarks on retries would only disturb the output. */
const silence = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
function ignore(): void {
  // Nothing is written.
}

/** Opens the store; nothing is sent yet, so a wrong address shows at the first call. */
export function openStore(options: StoreOptions): ArtifactStore {
  const { endpoint, bucket, region, credentials, patience = 60_000 } = options;
  // Node 20 works with this pinned SDK; its call to upgrade would head the output of every command.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const client = new S3Client({
    region,
    logger: silence,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials !== undefined && { credentials }),
    // An s3:// source may lie in a bucket of another region.
    followRegionRedirects: true,
    // Store calls retry by themselves: the SDK never sends a stream a second time.
    maxAttempts: 1,
    // Every write carries the sha256 that Nacre knows and every read is checked against it; the SDK's own CRC32
    // trailers cost a second pass and are stored as content by some servers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 5_000, socketTimeout: patience, throwOnRequestTimeout: true },
  });
  const prefix = options.prefix.replace(/^\/+|\/+$/g, '');
  return { client, bucket, prefix, patience, place: endpoint ?? `AWS in ${region}` };
}
