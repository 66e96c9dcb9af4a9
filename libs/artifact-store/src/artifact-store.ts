import type { S3Client } from '@aws-sdk/client-s3';

/** One bucket and prefix, and the client that reaches it. Holds credentials: never log it whole. */
export interface ArtifactStore {
  readonly client: S3Client;
  readonly bucket: string;
  /** First segments of every key, without slashes at the ends; empty for the bucket's root. */
  readonly prefix: string;
  /** Where requests go, for messages: the configured endpoint, or AWS and its region. */
  readonly place: string;
  /** Milliseconds without news from the server before a request is broken off and sent again. */
  readonly patience: number;
}
