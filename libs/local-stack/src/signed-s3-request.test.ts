import { expect, it } from 'vitest';
import { signedS3Headers } from './signed-s3-request.js';

it.each([
  ['HEAD', '/nacre', '', 'c5ddb1ed9c2071991892fe8318ec94cb45205c905a3c92f6b62fad55b4177c74'],
  ['PUT', '/nacre/health/probe', 'body', '77aaf89f3bdd5a8c89417e9159215bff6cd2c103abd5423e8fa507dff2eb5333'],
] as const)('signs %s %s like @smithy/signature-v4 does', (method, path, body, signature) => {
  const headers = signedS3Headers({
    method,
    host: '127.0.0.1:14420',
    path,
    body,
    region: 'us-east-1',
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    date: new Date('2026-11-25T03:30:00.123Z'),
  });
  expect(headers['X-Amz-Date']).toBe('20261125T033000Z');
  expect(headers['Authorization']).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261125/us-east-1/s3/aws4_request, ' +
      `SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}`,
  );
});
