import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DoesNotFit } from '@nacre/contracts/errors';

/** Exit code of flock(1) when somebody else holds the lock. */
const HELD = 1;

/** The lock of one GPU, held by everybody who has this descriptor, until the last of them has closed it. */
export interface DeviceLock {
  readonly id: number;
  /** Open descriptor; a process that inherits it keeps the lock when this one is gone. */
  readonly descriptor: number;
  /** Closes this process's descriptor. */
  close(): Promise<void>;
}

/**
 * Folder of the lock files of this node: NACRE_DEVICE_LOCKS, else one in the folder for temporary
 * files. Workers that may see the same GPUs must see the same folder.
 */
export function deviceLockFolder(environment: NodeJS.ProcessEnv): string {
  return environment['NACRE_DEVICE_LOCKS'] ?? join(tmpdir(), 'nacre-devices');
}

/**
 * Takes the lock of a GPU for `holder`, or answers who has it. The lock is flock's and belongs to the
 * open file, not to the process: Node has no call for it, so flock(1) takes it on the descriptor that
 * it inherits and ends, and the lock stays with ours. A vanished holder's is free at once; a process
 * that outlived the worker that started it, and inherited the descriptor, still has it.
 *
 * @throws DoesNotFit when there is no flock(1) or the folder is not writable
 */
export async function takeDeviceLock(
  folder: string,
  id: number,
  holder: string,
): Promise<DeviceLock | { readonly heldBy: string }> {
  const file = join(folder, `gpu-${String(id)}.lock`);
  const handle = await opened(folder, file);
  try {
    if (!(await flock(handle.fd))) {
      const heldBy = (await readFile(file, 'utf8')).trim();
      await handle.close();
      return { heldBy };
    }
    await handle.truncate();
    await handle.write(`${holder}\n`, 0);
  } catch (error) {
    await handle.close().catch(() => undefined);
    throw error;
  }
  return { id, descriptor: handle.fd, close: () => handle.close() };
}

async function opened(folder: string, file: string): Promise<FileHandle> {
  try {
    await mkdir(folder, { recursive: true });
    return await open(file, constants.O_RDWR | constants.O_CREAT, 0o666);
  } catch (error) {
    throw new DoesNotFit(
      `the lock file of a GPU cannot be opened: ${(error as Error).message}; workers of one node run as one user, ` +
        'or share a folder that NACRE_DEVICE_LOCKS names',
    );
  }
}

function flock(descriptor: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn('flock', ['--exclusive', '--nonblock', '3'], {
      stdio: ['ignore', 'ignore', 'ignore', descriptor],
    });
    child.once('error', (error) => {
      reject(new DoesNotFit(`flock (util-linux) is needed for --gpus: ${error.message}`));
    });
    child.once('exit', (code) => {
      if (code === 0 || code === HELD) resolve(code === 0);
      else reject(new DoesNotFit(`flock ended with ${String(code)} on the lock file of a GPU`));
    });
  });
}
