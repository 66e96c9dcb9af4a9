import { InvalidData } from '@nacre/contracts/errors';

import type { ArtifactStore } from './artifact-store.js';
import { objectKeys } from './object-keys.js';

/** The object that a source URI means. */
export interface SourceLocation {
  readonly bucket: string;
  readonly key: string;
  /** What the bytes must hash to; undefined for s3://, whose bytes nobody has promised. */
  readonly sha256: string | undefined;
}

/** Where s3://bucket/key or cas://sha256/<hex> stands. @throws InvalidData for any other text */
export function sourceLocation(store: ArtifactStore, uri: string): SourceLocation {
  const sha256 = /^cas:\/\/sha256\/([0-9a-f]{64})$/.exec(uri)?.[1];
  if (sha256 !== undefined) return { bucket: store.bucket, key: objectKeys.blob(store, sha256), sha256 };
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new InvalidData(
      `The source ${uri} is neither s3://bucket/key nor cas://sha256/<hex>; ` +
        '`nacre start` uploads local files and puts such names in the recipe.',
      { uri },
    );
  }
  return { bucket, key, sha256: undefined };
}
