import { createHash, createHmac } from 'node:crypto';

/** One request to an S3 server, before it is signed. */
export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT';
  /** host:port, as the Host header will carry it. */
  readonly host: string;
  /** `/bucket/key`, of characters that need no escaping. */
  readonly path: string;
  readonly body: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly date: Date;
}

/**
 * Headers that sign a request by AWS Signature Version 4. Its acceptance proves that the server knows
 * this stack's secret: a stranger on the same port cannot.
 */
export function signedS3Headers(request: S3Request): Record<string, string> {
  const timestamp = request.date.toISOString().replace(/[-:]|\.\d+/g, '');
  const day = timestamp.slice(0, 8);
  const scope = `${day}/${request.region}/s3/aws4_request`;
  const signedHeaders = 'host;x-amz-content-sha256;x-amz-date';
  const bodySha256 = sha256(request.body);
  const canonicalRequest = [
    request.method,
    request.path,
    '',
    `host:${request.host}`,
    `x-amz-content-sha256:${bodySha256}`,
    `x-amz-date:${timestamp}`,
    '',
    signedHeaders,
    bodySha256,
  ].join('\n');
  const stringToSign = ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonicalRequest)].join('\n');
  const key = [day, request.region, 's3', 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => hmac(previous, part),
    `AWS4${request.secretAccessKey}`,
  );
  return {
    Host: request.host,
    'X-Amz-Date': timestamp,
    'X-Amz-Content-Sha256': bodySha256,
    Authorization:
      `AWS4-HMAC-SHA256 Credential=${request.accessKeyId}/${scope}, ` +
      `SignedHeaders=${signedHeaders}, Signature=${hmac(key, stringToSign).toString('hex')}`,
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
