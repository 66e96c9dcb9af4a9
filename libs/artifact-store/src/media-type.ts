import { extname } from 'node:path';

const byEnding: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.html': 'text/html',
  '.json': 'application/json',
  '.jsonl': 'application/jsonl',
  '.log': 'text/plain',
  '.md': 'text/markdown',
  '.parquet': 'application/vnd.apache.parquet',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.yaml': 'application/yaml',
};

/** Media type that a path's ending tells; application/octet-stream for weights and all else. */
export function mediaType(path: string): string {
  return byEnding[extname(path).toLowerCase()] ?? 'application/octet-stream';
}
