import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StateFolderUnusable } from './errors.js';
import type { ServerName } from './local-stack.js';
import type { StackPorts } from './stack-ports.js';

const FORMAT = 1;

/** A server process, named so that a later process with the same pid is not mistaken for it. */
export interface ProcessRecord {
  readonly pid: number;
  /** See `processIdentity`. */
  readonly identity: string;
}

/** `stack.json`: what a second command needs to find the servers again. Mode 0600: it holds a secret. */
export interface StackState {
  readonly format: typeof FORMAT;
  readonly ports: StackPorts;
  readonly namespace: string;
  readonly bucket: string;
  readonly credentials: { readonly access_key_id: string; readonly secret_access_key: string };
  readonly processes: Readonly<Partial<Record<ServerName, ProcessRecord>>>;
}

/** Credentials of a new stack: random, valid on loopback only, never on a command line. */
export function newCredentials(): StackState['credentials'] {
  return {
    access_key_id: `nacre${randomBytes(8).toString('hex')}`,
    secret_access_key: randomBytes(32).toString('base64url'),
  };
}

/**
 * The recorded state, or undefined when no stack was started in the folder.
 * @throws StateFolderUnusable when the file is not one that this version writes
 */
export function readStackState(stateFolder: string): StackState | undefined {
  const file = stateFile(stateFolder);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new StateFolderUnusable(stateFolder, `stack.json cannot be read`, { cause: error });
  }
  const state = parse(text);
  if (state === undefined) {
    throw new StateFolderUnusable(
      stateFolder,
      'stack.json is damaged or of another version of Nacre (delete it to start afresh)',
    );
  }
  return state;
}

/** Replaces the recorded state at once; a reader sees the old one or the new one. */
export function writeStackState(stateFolder: string, state: StackState): void {
  const beside = `${stateFile(stateFolder)}.${process.pid}`;
  try {
    writeFileSync(beside, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    renameSync(beside, stateFile(stateFolder));
  } catch (error) {
    throw new StateFolderUnusable(stateFolder, describe(error), { cause: error });
  }
}

/** Makes the state folder and its log folder, readable by this user only. */
export function makeStateFolder(stateFolder: string): void {
  try {
    mkdirSync(join(stateFolder, 'logs'), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StateFolderUnusable(stateFolder, describe(error), { cause: error });
  }
}

function stateFile(stateFolder: string): string {
  return join(stateFolder, 'stack.json');
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// The file is our own and format-stamped: the stamp and what a stop must trust are checked, no more.
function parse(text: string): StackState | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const state = value as Partial<StackState>;
  const processes = Object.values(state.processes ?? {}) as Partial<ProcessRecord>[];
  const sound =
    state.format === FORMAT &&
    typeof state.ports?.temporal === 'number' &&
    typeof state.credentials?.secret_access_key === 'string' &&
    processes.every((each) => Number.isInteger(each.pid) && typeof each.identity === 'string');
  return sound ? (state as StackState) : undefined;
}
