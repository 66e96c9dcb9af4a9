import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll } from 'vitest';
import { environmentFor } from './environment-for.js';
import type { LocalStack } from './local-stack.js';
import { processIdentity } from './process-identity.js';
import { projectRoot } from './project-root.js';
import type { StackPorts } from './stack-ports.js';
import { readStackState } from './stack-state.js';
import { stopLocalStack } from './stop-local-stack.js';

/** Where the set-up has put the servers' binaries. */
export const binaryFolder = join(projectRoot(import.meta.dirname), '.venv', 'bin');

/** Nothing of the user's settings. */
export const environment = { PATH: process.env['PATH'] };

/** A folder for the state folders of a test file; the stacks in it are stopped and it is removed at the end. */
export function scratchFolder(): string {
  const scratch = mkdtempSync(join(tmpdir(), 'nacre-stack-'));
  afterAll(async () => {
    for (const name of readdirSync(scratch)) await stopLocalStack(join(scratch, name));
    rmSync(scratch, { recursive: true });
  });
  return scratch;
}

/** A client of the stack's store, by its own secret unless told another. */
export function storeOf({ s3 }: LocalStack, secretAccessKey = s3.secretAccessKey): S3Client {
  const credentials = { accessKeyId: s3.accessKeyId, secretAccessKey };
  return new S3Client({ endpoint: s3.endpoint, region: s3.region, forcePathStyle: true, credentials });
}

/** Stores a text. */
export async function put(stack: LocalStack, key: string, body: string): Promise<void> {
  await storeOf(stack).send(new PutObjectCommand({ Bucket: stack.s3.bucket, Key: key, Body: body }));
}

/** The text that was stored. */
export async function get(stack: LocalStack, key: string): Promise<string | undefined> {
  const { Body } = await storeOf(stack).send(new GetObjectCommand({ Bucket: stack.s3.bucket, Key: key }));
  return Body?.transformToString();
}

/** What the Temporal CLI prints when it is pointed at the stack. */
export async function temporal(stack: LocalStack, ...parameters: string[]): Promise<string> {
  const env = { ...environment, ...environmentFor(stack) };
  return (await promisify(execFile)(join(binaryFolder, 'temporal'), parameters, { env })).stdout;
}

/** Ports of the stack of a state folder, as recorded. */
export function stackPortsOf(folder: string): StackPorts {
  const state = readStackState(folder);
  if (state === undefined) throw new Error(`no stack in ${folder}`);
  return state.ports;
}

/** Processes that name a folder on their command line, orphans included. */
export function processesOf(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && processIdentity(Number(name)) !== undefined)
    .filter((pid) => commandLineOf(pid).includes(`${folder}/`));
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // It ended since the folder was listed.
  }
}
