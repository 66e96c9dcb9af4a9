import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { BinaryMissing, DatabaseOfOtherVersion, StateFolderUnusable } from './errors.js';
import { projectRoot } from './project-root.js';
import type { ServerDefinition } from './server-definition.js';
import type { StackOptions } from './stack-options.js';

/** A binary that runs, and what it calls itself. */
export interface ServerBinary {
  readonly path: string;
  readonly version: string;
}

/**
 * Finds a server's binary and asks for its version.
 * @throws BinaryMissing when it is not there or does not run
 */
export async function findServerBinary(
  definition: ServerDefinition,
  options: Pick<StackOptions, 'binaryFolder' | 'environment'>,
): Promise<ServerBinary> {
  const environment = options.environment ?? process.env;
  const folder = options.binaryFolder ?? join(projectRoot(), '.venv', 'bin');
  const path = resolve(environment[definition.replacedBy] ?? join(folder, definition.binary));
  try {
    accessSync(path, constants.X_OK);
    const { stdout } = await promisify(execFile)(path, [...definition.versionArguments]);
    const [firstLine = ''] = stdout.split('\n');
    return { path, version: firstLine.replace(/^.*?version\s+/, '').trim() };
  } catch {
    throw new BinaryMissing(path, definition.replacedBy);
  }
}

/** Folder of one server's database inside the state folder. */
export function dataFolderOf(stateFolder: string, definition: ServerDefinition): string {
  return join(stateFolder, definition.name);
}

/** Whether the server has a database; one that was deleted under a running server is gone. */
export function hasDatabase(stateFolder: string, definition: ServerDefinition): boolean {
  return existsSync(join(dataFolderOf(stateFolder, definition), definition.database));
}

/**
 * Makes the data folder and notes there which version writes to it.
 * @throws DatabaseOfOtherVersion when a database is there and another version made it
 */
export function claimDatabase(stateFolder: string, definition: ServerDefinition, version: string): void {
  const folder = dataFolderOf(stateFolder, definition);
  const note = join(folder, 'MADE_BY');
  if (hasDatabase(stateFolder, definition) && existsSync(note)) {
    const madeBy = readFileSync(note, 'utf8').trim();
    if (madeBy !== version) {
      throw new DatabaseOfOtherVersion(definition.name, madeBy, version, folder);
    }
    return;
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(note, `${version}\n`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StateFolderUnusable(stateFolder, reason, { cause: error });
  }
}
