import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { processIdentity } from './process-identity.js';

it('is stable for one process and differs between two', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
  expect(processIdentity(pid)).toBeDefined();
  expect(processIdentity(pid)).not.toBe(processIdentity(process.pid));
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(processIdentity(pid)).toBeUndefined();
});

it('is undefined for a pid that nobody has', () => {
  expect(processIdentity(2 ** 30)).toBeUndefined();
});
