import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BinaryMissing, PortUnusable, ServerDiedAtStart, StateFolderUnusable } from './errors.js';
import {
  binaryFolder,
  environment,
  get,
  processesOf,
  put,
  scratchFolder,
  stackPortsOf,
} from './local-stack.fixture.js';
import type { StartedStack } from './local-stack.js';
import { startLocalStack } from './start-local-stack.js';
import { stopLocalStack } from './stop-local-stack.js';
import { s3Ports } from './stack-ports.js';

const scratch = scratchFolder();

describe('a stopped stack', () => {
  const folder = join(scratch, 'stopped');

  it('leaves no process and no socket, and starts again with its data and its ports', async () => {
    const first = await startLocalStack({ stateFolder: folder, binaryFolder, environment });
    await put(first, 'kept', 'bytes');
    expect(processesOf(folder)).toHaveLength(2);
    await expect(stopLocalStack(folder)).resolves.toEqual(['temporal', 's3']);
    expect(processesOf(folder)).toEqual([]);
    const { http, grpc } = s3Ports(stackPortsOf(folder));
    const sockets = readdirSync('/tmp').filter((name) =>
      [...http, ...grpc].some((port) => name.endsWith(`-${port}.sock`)),
    );
    expect(sockets).toEqual([]);
    const start = (): Promise<StartedStack> =>
      startLocalStack({ stateFolder: folder, binaryFolder, environment });
    const [second, sameTime] = await Promise.all([start(), start()]);
    expect(second).toMatchObject({ temporal: first.temporal, s3: first.s3 });
    expect(sameTime.pids).toEqual(second.pids);
    expect(processesOf(folder)).toHaveLength(2);
    await expect(get(second, 'kept')).resolves.toBe('bytes');
    await stopLocalStack(folder);
  });

  it('is stopped already the second time', async () => {
    await expect(stopLocalStack(folder)).resolves.toEqual([]);
  });

  it('is stopped even when a server ignores SIGTERM', async () => {
    const { pids } = await startLocalStack({ stateFolder: folder, binaryFolder, environment });
    process.kill(pids.s3, 'SIGSTOP');
    await stopLocalStack(folder);
    expect(processesOf(folder)).toEqual([]);
  });
});

describe('a stack whose S3 server has a connection that was never used', () => {
  it('is stopped in seconds, not minutes, and nothing that was stored is missing', async () => {
    const folder = join(scratch, 'unused');
    const stack = await startLocalStack({ stateFolder: folder, binaryFolder, environment });
    const unused = connect(stackPortsOf(folder).volume, '127.0.0.1');
    await once(unused, 'connect');
    await put(stack, 'kept', 'bytes');
    const began = performance.now();
    await stopLocalStack(folder);
    // Alone the server would wait 30 s for it.
    expect(performance.now() - began).toBeLessThan(9000);
    unused.destroy();
    await expect(
      startLocalStack({ stateFolder: folder, binaryFolder, environment }).then((again) => get(again, 'kept')),
    ).resolves.toBe('bytes');
  });
});

describe('a stack that cannot start', () => {
  it('names the missing binary, and leaves nothing running', async () => {
    const folder = join(scratch, 'no-binary');
    const start = startLocalStack({ stateFolder: folder, binaryFolder: scratch, environment });
    await expect(start).rejects.toThrow(BinaryMissing);
    expect(processesOf(folder)).toEqual([]);
  });

  it('names the port that is taken', async () => {
    const holder = createServer();
    const port = await new Promise<number>((resolve) => {
      holder.listen(0, '127.0.0.1', () => {
        const address = holder.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const folder = join(scratch, 'port');
    const start = startLocalStack({
      stateFolder: folder,
      binaryFolder,
      environment,
      ports: { temporal: port },
    });
    await expect(start).rejects.toThrow(PortUnusable);
    expect(processesOf(folder)).toEqual([]);
    holder.close();
  });

  it('says how much space is missing', async () => {
    const options = {
      stateFolder: join(scratch, 'full'),
      binaryFolder,
      environment,
      minimumFreeBytes: 2 ** 60,
    };
    await expect(startLocalStack(options)).rejects.toThrow(
      /only \d+ MiB are free on its disk and \d+ MiB are/,
    );
  });

  it('says that a folder below a file cannot be written', async () => {
    writeFileSync(join(scratch, 'plain-file'), '');
    const start = startLocalStack({
      stateFolder: join(scratch, 'plain-file', 'x'),
      binaryFolder,
      environment,
    });
    await expect(start).rejects.toThrow(StateFolderUnusable);
    rmSync(join(scratch, 'plain-file'));
  });

  it('quotes the log of a server that dies, and stops the other', async () => {
    const folder = join(scratch, 'damaged');
    await startLocalStack({ stateFolder: folder, binaryFolder, environment });
    await stopLocalStack(folder);
    writeFileSync(join(folder, 'temporal', 'temporal.db'), 'this is no database');
    const start = startLocalStack({ stateFolder: folder, binaryFolder, environment });
    await expect(start).rejects.toThrow(ServerDiedAtStart);
    await expect(start).rejects.toThrow(
      /temporal server ended at start with code 1\..*file is not a database/s,
    );
    expect(processesOf(folder)).toEqual([]);
    expect(existsSync(join(folder, 'stack.lock'))).toBe(false);
  });
});
