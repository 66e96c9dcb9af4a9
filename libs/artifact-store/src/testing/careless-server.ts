import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** An S3 server in memory that ignores every condition, as several small ones do. It ends with the test. */
export async function carelessServer(): Promise<string> {
  const objects = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const key = url.pathname;
      const xml = (text: string): void =>
        void response.setHeader('content-type', 'application/xml').end(text);
      response.setHeader('etag', '"same"');
      if (request.method === 'POST' && url.searchParams.has('uploads')) {
        return xml('<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>');
      }
      if (request.method === 'POST')
        return xml('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>');
      if (request.method === 'PUT') objects.set(key, Buffer.concat(chunks));
      response.end(request.method === 'GET' ? objects.get(key) : undefined);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
