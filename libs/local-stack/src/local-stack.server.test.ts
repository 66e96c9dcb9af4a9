import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureServer } from './ensure-server.js';
import { environmentFor } from './environment-for.js';
import {
  BinaryMissing,
  PortUnusable,
  ServerDiedAtStart,
  StackNotFound,
  StateFolderUnusable,
} from './errors.js';
import { findLocalStack } from './find-local-stack.js';
import { processIdentity } from './process-identity.js';
import { loopbackRequest } from './loopback-request.js';
import type { StartedStack } from './local-stack.js';
import { projectRoot } from './project-root.js';
import { s3Ports, type StackPorts } from './stack-ports.js';
import { readStackState } from './stack-state.js';
import { startLocalStack } from './start-local-stack.js';
import { stopLocalStack } from './stop-local-stack.js';

const root = projectRoot(import.meta.dirname);
const binaryFolder = join(root, '.venv', 'bin');
const environment = { PATH: process.env['PATH'] };
const scratch = mkdtempSync(join(tmpdir(), 'nacre-stack-'));
const stateFolder = join(scratch, 'one');

let stack: StartedStack;
beforeAll(async () => {
  stack = await startLocalStack({ stateFolder, binaryFolder, environment });
});
afterAll(async () => {
  for (const name of readdirSync(scratch)) await stopLocalStack(join(scratch, name));
  rmSync(scratch, { recursive: true });
});

async function put(key: string, body: string): Promise<void> {
  await store(stack).send(new PutObjectCommand({ Bucket: stack.s3.bucket, Key: key, Body: body }));
}

async function get(key: string): Promise<string | undefined> {
  const { Body } = await store(stack).send(new GetObjectCommand({ Bucket: stack.s3.bucket, Key: key }));
  return Body?.transformToString();
}

function store({ s3 }: StartedStack, secretAccessKey = s3.secretAccessKey): S3Client {
  const credentials = { accessKeyId: s3.accessKeyId, secretAccessKey };
  return new S3Client({ endpoint: s3.endpoint, region: s3.region, forcePathStyle: true, credentials });
}

async function temporal(...parameters: string[]): Promise<string> {
  const env = { ...environment, ...environmentFor(stack) };
  return (await promisify(execFile)(join(binaryFolder, 'temporal'), parameters, { env })).stdout;
}

function stackPortsOf(folder: string): StackPorts {
  const state = readStackState(folder);
  if (state === undefined) throw new Error(`no stack in ${folder}`);
  return state.ports;
}

/** Processes that name a folder on their command line, orphans included. */
function processesOf(folder: string): string[] {
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

describe('a started stack', () => {
  it('is usable within a few seconds', () => {
    expect(stack.started).toEqual(['temporal', 's3']);
    // The target is 3 s on an idle machine; the bound leaves room for neighbours on two cores.
    expect(stack.startedSeconds).toBeLessThan(15);
  });

  it('keeps closed runs for 30 days and knows the search attributes', async () => {
    const namespace = await temporal('operator', 'namespace', 'describe', '-n', 'default', '-o', 'json');
    expect(namespace).toContain('"workflowExecutionRetentionTtl": "2592000s"');
    const attributes = await temporal('operator', 'search-attribute', 'list');
    for (const name of ['NacreRecipe', 'NacreState', 'NacreLogLoss']) {
      expect(attributes).toContain(name);
    }
  });

  it('serves the web interface', async () => {
    const port = Number(new URL(stack.temporal.uiUrl).port);
    const page = await loopbackRequest({ port, method: 'GET', path: '/' });
    expect(page.status).toBe(200);
  });

  it('stores objects for its own secret and for no other', async () => {
    await put('hello', 'world');
    await expect(get('hello')).resolves.toBe('world');
    const stranger = store(stack, 'another secret');
    const attempt = stranger.send(new GetObjectCommand({ Bucket: 'nacre', Key: 'hello' }));
    await expect(attempt).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  });

  it('lets one of many racing conditional writes win', async () => {
    const race = Array.from({ length: 8 }, (_, index) =>
      store(stack).send(
        new PutObjectCommand({ Bucket: 'nacre', Key: 'race', Body: String(index), IfNoneMatch: '*' }),
      ),
    );
    const outcomes = await Promise.allSettled(race);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('serves neither the store nor its catalogue without credentials', async () => {
    await put('private', 'words');
    const { s3, filer, master } = stackPortsOf(stateFolder);
    const path = '/buckets/nacre/private';
    expect((await loopbackRequest({ port: s3, method: 'GET', path: '/nacre/private' })).status).toBe(403);
    expect((await loopbackRequest({ port: filer, method: 'GET', path })).status).toBe(404);
    expect((await loopbackRequest({ port: master, method: 'GET', path: '/dir/status' })).status).toBe(404);
  });

  it('listens on loopback only', async () => {
    const listening = readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1);
    const { guard: _guard, ...ports } = stackPortsOf(stateFolder);
    const hex = Object.values(ports).map((port) => port.toString(16).toUpperCase().padStart(4, '0'));
    const ours = listening.map((line) => line.trim().split(/\s+/)).filter((line) => line[3] === '0A');
    const addresses = ours
      .map((line) => line[1]?.split(':') ?? [])
      .filter(([, port]) => hex.includes(port ?? ''));
    expect(addresses).toHaveLength(hex.length);
    expect(new Set(addresses.map(([address]) => address))).toEqual(new Set(['0100007F']));
    const everywhere = await loopbackRequest({ port: ports.ui, method: 'GET', path: '/healthz' });
    expect(everywhere.status).toBe(200);
  });

  it('keeps its secret out of command lines, logs and readable files', () => {
    const secret = stack.s3.secretAccessKey;
    for (const pid of Object.values(stack.pids)) {
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(secret);
    }
    for (const name of readdirSync(join(stateFolder, 'logs'))) {
      expect(readFileSync(join(stateFolder, 'logs', name), 'utf8')).not.toContain(secret);
    }
    expect(statSync(join(stateFolder, 'stack.json')).mode & 0o777).toBe(0o600);
    expect(statSync(stateFolder).mode & 0o777).toBe(0o700);
  });

  it('hands nothing of the user’s environment to the servers', () => {
    for (const pid of Object.values(stack.pids)) {
      const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .map((entry) => entry.split('=')[0] ?? '');
      const allowed = [
        'PATH',
        'HOME',
        'AWS_ACCESS_KEY_ID',
        'AWS_SECRET_ACCESS_KEY',
        'TEMPORAL_VERSION_CHECK_DISABLED',
        '',
      ];
      expect(names.filter((name) => !allowed.includes(name))).toEqual([]);
    }
  });

  it('is found again by a second command', async () => {
    const found = await findLocalStack(stateFolder);
    const { started: _started, startedSeconds: _seconds, ...known } = stack;
    expect(found).toEqual(known);
  });

  it('is not started twice', async () => {
    const again = await startLocalStack({ stateFolder, binaryFolder, environment });
    expect(again).toMatchObject({ started: [], pids: stack.pids, temporal: stack.temporal, s3: stack.s3 });
  });

  it('makes the namespace that TEMPORAL_NAMESPACE names, and keeps it while it looks after a server', async () => {
    const mine = { ...environment, TEMPORAL_NAMESPACE: 'team' };
    const again = await startLocalStack({ stateFolder, binaryFolder, environment: mine });
    expect(again).toMatchObject({ started: [], temporal: { namespace: 'team' } });
    expect(await temporal('operator', 'namespace', 'describe', '-n', 'team', '-o', 'json')).toContain(
      '"2592000s"',
    );
    expect(await temporal('operator', 'search-attribute', 'list', '-n', 'team')).toContain('NacreLogLoss');
    await ensureServer('s3', { stateFolder, binaryFolder, environment });
    expect((await findLocalStack(stateFolder))?.temporal.namespace).toBe('team');
    await startLocalStack({ stateFolder, binaryFolder, environment });
    expect((await findLocalStack(stateFolder))?.temporal.namespace).toBe('default');
  });

  it('runs beside another, with other ports and another secret', async () => {
    const other = await startLocalStack({ stateFolder: join(scratch, 'two'), binaryFolder, environment });
    expect(other.temporal.address).not.toBe(stack.temporal.address);
    expect(other.s3.secretAccessKey).not.toBe(stack.s3.secretAccessKey);
    const theirs = Object.values(stackPortsOf(join(scratch, 'two')));
    expect(Object.values(stackPortsOf(stateFolder)).filter((port) => theirs.includes(port))).toEqual([]);
    await stopLocalStack(join(scratch, 'two'));
    await expect(findLocalStack(stateFolder)).resolves.toBeDefined();
  });
});

describe('a server that dies', () => {
  it('comes back on the same ports with its data, beside the other one', async () => {
    await put('kept', 'bytes');
    await temporal('workflow', 'start', '--type', 'any', '--task-queue', 'nobody', '-w', 'kept');
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
    await expect(get('kept')).resolves.toBe('bytes');
    await expect(temporal('workflow', 'describe', '-w', 'kept')).resolves.toContain('kept');
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
    await expect(temporal('workflow', 'describe', '-w', 'kept')).rejects.toThrow('not found');
  });

  it('cannot be looked after where no stack was started', async () => {
    const nowhere = ensureServer('s3', { stateFolder: join(scratch, 'never'), binaryFolder, environment });
    await expect(nowhere).rejects.toThrow(StackNotFound);
  });
});

describe('a stopped stack', () => {
  const folder = join(scratch, 'stopped');

  it('leaves no process and no socket, and starts again with its data and its ports', async () => {
    const first = await startLocalStack({ stateFolder: folder, binaryFolder, environment });
    await store(first).send(new PutObjectCommand({ Bucket: 'nacre', Key: 'kept', Body: 'bytes' }));
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
    const { Body } = await store(second).send(new GetObjectCommand({ Bucket: 'nacre', Key: 'kept' }));
    await expect(Body?.transformToString()).resolves.toBe('bytes');
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
