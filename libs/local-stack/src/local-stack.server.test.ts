import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  binaryFolder,
  environment,
  get,
  put,
  scratchFolder,
  stackPortsOf,
  storeOf,
  temporal,
} from './local-stack.fixture.js';
import type { StartedStack } from './local-stack.js';
import { ensureServer } from './ensure-server.js';
import { findLocalStack } from './find-local-stack.js';
import { loopbackRequest } from './loopback-request.js';
import { startLocalStack } from './start-local-stack.js';
import { stopLocalStack } from './stop-local-stack.js';

const scratch = scratchFolder();
const stateFolder = join(scratch, 'one');

let stack: StartedStack;
beforeAll(async () => {
  stack = await startLocalStack({ stateFolder, binaryFolder, environment });
});

describe('a started stack', () => {
  it('is usable within a few seconds', () => {
    expect(stack.started).toEqual(['temporal', 's3']);
    // The target is 3 s on an idle machine; the bound leaves room for neighbours on two cores.
    expect(stack.startedSeconds).toBeLessThan(15);
  });

  it('keeps closed runs for 30 days and knows the search attributes', async () => {
    const namespace = await temporal(
      stack,
      'operator',
      'namespace',
      'describe',
      '-n',
      'default',
      '-o',
      'json',
    );
    expect(namespace).toContain('"workflowExecutionRetentionTtl": "2592000s"');
    const attributes = await temporal(stack, 'operator', 'search-attribute', 'list');
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
    await put(stack, 'hello', 'world');
    await expect(get(stack, 'hello')).resolves.toBe('world');
    const stranger = storeOf(stack, 'another secret');
    const attempt = stranger.send(new GetObjectCommand({ Bucket: 'nacre', Key: 'hello' }));
    await expect(attempt).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  });

  it('lets one of many racing conditional writes win', async () => {
    const race = Array.from({ length: 8 }, (_, index) =>
      storeOf(stack).send(
        new PutObjectCommand({ Bucket: 'nacre', Key: 'race', Body: String(index), IfNoneMatch: '*' }),
      ),
    );
    const outcomes = await Promise.allSettled(race);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('serves neither the store nor its catalogue without credentials', async () => {
    await put(stack, 'private', 'words');
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
    expect(await temporal(stack, 'operator', 'namespace', 'describe', '-n', 'team', '-o', 'json')).toContain(
      '"2592000s"',
    );
    expect(await temporal(stack, 'operator', 'search-attribute', 'list', '-n', 'team')).toContain(
      'NacreLogLoss',
    );
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
