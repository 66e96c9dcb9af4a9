import { createHash, createHmac } from 'node:crypto';

const EMPTY_SHA256 = createHash('sha256').digest('hex');

/** What a signature for `HEAD /bucket` needs. */
export interface BucketRequest {
  /** host:port, as the Host header will carry it. */
  readonly host: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly date: Date;
}

/**
 * Headers that sign `HEAD /bucket` by AWS Signature Version 4. A 200 proves that the server is up,
 * has the bucket, and knows this stack's secret: a stranger on the same port cannot answer so.
 */
export function signedBucketRequest(input: BucketRequest): Record<string, string> {
  const timestamp = input.date.toISOString().replace(/[-:]|\.\d+/g, '');
  const day = timestamp.slice(0, 8);
  const scope = `${day}/${input.region}/s3/aws4_request`;
  const signedHeaders = 'host;x-amz-content-sha256;x-amz-date';
  const canonicalRequest = [
    'HEAD',
    `/${input.bucket}`,
    '',
    `host:${input.host}`,
    `x-amz-content-sha256:${EMPTY_SHA256}`,
    `x-amz-date:${timestamp}`,
    '',
    signedHeaders,
    EMPTY_SHA256,
  ].join('\n');
  const digest = createHash('sha256').update(canonicalRequest).digest('hex');
  const stringToSign = ['AWS4-HMAC-SHA256', timestamp, scope, digest].join('\n');
  const key = [day, input.region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => hmac(previous, part),
    `AWS4${input.secretAccessKey}`,
  );
  const signature = hmac(key, stringToSign).toString('hex');
  return {
    Host: input.host,
    'X-Amz-Date': timestamp,
    'X-Amz-Content-Sha256': EMPTY_SHA256,
    Authorization:
      `AWS4-HMAC-SHA256 Credential=${input.accessKeyId}/${scope}, ` +
      `SignedHeaders=${signedHeaders}, Signature=${signature}`,
  };
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
