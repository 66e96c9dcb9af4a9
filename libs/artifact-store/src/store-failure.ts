import { StoreUnavailable } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';

/** What a store call was for: named in every failure. */
export interface StoreOperation {
  /** The S3 operation, e.g. GetObject. */
  readonly operation: string;
  /** Key in the store's bucket, or the URI of a foreign source. */
  readonly key: string;
}

/** What the AWS SDK and Node tell about a failed request; each part may be missing. */
interface FailedRequest {
  readonly name: string;
  readonly message: string;
  /** HTTP status, when the server answered. */
  readonly status: number | undefined;
  /** System error of the connection, e.g. ECONNREFUSED. */
  readonly code: string | undefined;
}

/** Codes of Node's sockets, resolver and TLS; a local file's ENOENT or ENOSPC is none of the store's. */
const networkCode =
  /^(ECONN\w+|EPIPE|EPROTO|ENOTFOUND|EAI_\w+|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_(TLS|SSL)\w+|\w*CERT\w*|UNABLE_TO\w+)$/;
const transientNames = new Set(
  'TimeoutError RequestTimeout RequestTimeTooSkewed SlowDown ThrottlingException'.split(' '),
);
const credentialNames = new Set(
  (
    'CredentialsProviderError InvalidAccessKeyId SignatureDoesNotMatch AccessDenied ExpiredToken InvalidToken ' +
    'Forbidden 403'
  ).split(' '),
);

/** The parts of a thrown value that tell why a request failed. */
export function failedRequest(error: unknown): FailedRequest {
  if (!(error instanceof Error))
    return { name: '', message: String(error), status: undefined, code: undefined };
  const { $metadata: metadata, code } = error as { $metadata?: { httpStatusCode?: number }; code?: unknown };
  return {
    name: error.name,
    message: error.message,
    status: metadata?.httpStatusCode,
    code: typeof code === 'string' && networkCode.test(code) ? code : undefined,
  };
}

/** Whether the same request may succeed a moment later. */
export function isTransient(error: unknown): boolean {
  const { name, status, code } = failedRequest(error);
  return (
    code !== undefined ||
    transientNames.has(name) ||
    status === 429 ||
    (status !== undefined && status >= 500 && status !== 501)
  );
}

/**
 * The error to throw for a request that finally failed: StoreUnavailable with the operation, the key and the remedy.
 * What has nothing to do with the store (a local file, a bug) is returned as it is.
 */
export function storeFailure(store: ArtifactStore, call: StoreOperation, error: unknown): unknown {
  const failure = failedRequest(error);
  const { name, status, code } = failure;
  if (status === undefined && code === undefined && !transientNames.has(name) && !credentialNames.has(name)) {
    return error;
  }
  return new StoreUnavailable(
    `${reason(store, failure)} (${call.operation} ${call.key})`,
    { operation: call.operation, key: call.key, status: status ?? null, code: code ?? name },
    { cause: error },
  );
}

function reason(store: ArtifactStore, { name, message, status, code }: FailedRequest): string {
  if (code !== undefined || (status === undefined && name === 'TimeoutError')) {
    return (
      `The artifact store at ${store.place} cannot be reached (${code ?? message}): check that it runs and that ` +
      'NACRE_S3_ENDPOINT is right; `npx nacre dev` starts the embedded one.'
    );
  }
  if (credentialNames.has(name) || status === 403) {
    return (
      `The artifact store at ${store.place} does not accept the credentials (${name}): check AWS_ACCESS_KEY_ID and ` +
      `AWS_SECRET_ACCESS_KEY, or the profile, and their rights on the bucket ${store.bucket}.`
    );
  }
  if (name === 'NoSuchBucket') {
    return `The bucket ${store.bucket} does not exist at ${store.place}: make it, or name another one in NACRE_S3_BUCKET.`;
  }
  return (
    `The artifact store at ${store.place} answered ${status === undefined ? '' : `${status} `}${name}: ` +
    `${message.slice(0, 200)}. See its log; the call may be tried again.`
  );
}
