import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { StackNotFound } from './errors.js';
import { binaryFolder, environment, get, put, scratchFolder, temporal } from './local-stack.fixture.js';
import type { StartedStack } from './local-stack.js';
import { ensureServer } from './ensure-server.js';
import { findLocalStack } from './find-local-stack.js';
import { processIdentity } from './process-identity.js';
import { startLocalStack } from './start-local-stack.js';

const scratch = scratchFolder();
const stateFolder = join(scratch, 'one');

let stack: StartedStack;
beforeAll(async () => {
  stack = await startLocalStack({ stateFolder, binaryFolder, environment });
});

describe('a server that dies', () => {
  it('comes back on the same ports with its data, beside the other one', async () => {
    await put(stack, 'kept', 'bytes');
    await temporal(stack, 'workflow', 'start', '--type', 'any', '--task-queue', 'nobody', '-w', 'kept');
    for (const server of ['s3', 'temporal'] as const) {
      const before = await findLocalStack(stateFolder);
      process.kill(before?.pids[server] ?? 0, 'SIGKILL');
      await expect.poll(() => processIdentity(before?.pids[server] ?? 0)).toBeUndefined();
      await expect(findLocalStack(stateFolder)).resolves.toBeUndefined();
      await expect(ensureServer(server, { stateFolder, binaryFolder, environment })).resolves.toBe(true);
      const after = await findLocalStack(stateFolder);
      expect(after).toMatchObject({ temporal: before?.temporal, s3: before?.s3 });
      expect(after?.pids[server]).not.toBe(before?.pids[server]);
    }
    await expect(get(stack, 'kept')).resolves.toBe('bytes');
    await expect(temporal(stack, 'workflow', 'describe', '-w', 'kept')).resolves.toContain('kept');
  });

  it('is left alone while it answers', async () => {
    await expect(ensureServer('s3', { stateFolder, binaryFolder, environment })).resolves.toBe(false);
  });

  it('is not taken for the process that has its pid now', async () => {
    const found = await findLocalStack(stateFolder);
    const file = join(stateFolder, 'stack.json');
    const text = readFileSync(file, 'utf8');
    const reused = text.replace(`"pid": ${found?.pids.s3 ?? 0}`, `"pid": ${process.pid}`);
    writeFileSync(file, reused);
    await expect(findLocalStack(stateFolder)).resolves.toBeUndefined();
    writeFileSync(file, text);
  });

  it('begins anew when its database was deleted under it', async () => {
    rmSync(join(stateFolder, 'temporal', 'temporal.db'));
    await expect(findLocalStack(stateFolder)).resolves.toBeUndefined();
    await startLocalStack({ stateFolder, binaryFolder, environment });
    await expect(temporal(stack, 'workflow', 'describe', '-w', 'kept')).rejects.toThrow('not found');
  });

  it('cannot be looked after where no stack was started', async () => {
    const nowhere = ensureServer('s3', { stateFolder: join(scratch, 'never'), binaryFolder, environment });
    await expect(nowhere).rejects.toThrow(StackNotFound);
  });
});
