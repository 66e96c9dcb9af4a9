import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Installation } from '@nacre/activities';
import { TOKENS_FILE } from '@nacre/contracts/tables';
import { taskRequestSchema } from '@nacre/contracts/trainer';
import { tokenize } from '@nacre/stages';

import { dataScript, type ScriptCost } from './data-script.mjs';

export interface TokenizeSettings {
  readonly installation: Installation;
  /** Folder with the files of a tokenizer. */
  readonly tokenizer: string;
  /** Folder of a prepared source. */
  readonly comparisons: string;
  readonly maxTokens: number;
  readonly threads: number;
  /** Gets the artifact and the task's documents; emptied before. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface TokenizeCost {
  /** Wall time of the process, its imports in it. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly rows: number;
  readonly tokens: number;
  readonly truncated: number;
  /** sha256 of tokens.parquet. */
  readonly sha256: string;
}

/** The task tokenize as a worker without a warm parent starts it. @throws Error with the task's words when it fails */
export async function tokenizeTask(settings: TokenizeSettings): Promise<TokenizeCost> {
  const { installation, folder, threads, signal } = settings;
  const output = join(folder, 'output');
  await rm(folder, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  const request = taskRequestSchema.parse({
    nacre_request: 1,
    task: 'tokenize',
    stage: { kind: tokenize.kind, version: tokenize.version, name: 'tokenize/measured', key: '0'.repeat(64) },
    parameters: tokenize.parameters.parse({
      labels: ['model_a', 'model_b', 'tie'],
      ...{ template: 'blackpearl', max_tokens: settings.maxTokens, truncation: 'per_field' },
    }),
    execution: { device: 'cpu', threads, micro_batch_tokens: 1024, ranks: 1 },
    inputs: { base: settings.tokenizer, comparisons: settings.comparisons },
    input_contents: { base: '0'.repeat(64), comparisons: '0'.repeat(64) },
    checkpoints: null,
    output,
    events: join(folder, 'events.jsonl'),
    result: join(folder, 'result.json'),
  });
  const file = join(folder, 'request.json');
  await writeFile(file, JSON.stringify(request));
  const { seconds, cpu_seconds, peak_bytes } = await dataScript<ScriptCost>(
    installation,
    ['task', file],
    signal,
  );
  const { metrics } = JSON.parse(await readFile(request.result, 'utf8')) as {
    metrics: Record<string, number>;
  };
  const { rows = 0, tokens = 0, truncated = 0 } = metrics;
  const digest = await sha256(join(output, TOKENS_FILE));
  return { seconds, cpuSeconds: cpu_seconds, peakBytes: peak_bytes, rows, tokens, truncated, sha256: digest };
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) hash.update(piece);
  return hash.digest('hex');
}
