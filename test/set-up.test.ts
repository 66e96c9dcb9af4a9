import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

const script = resolve(import.meta.dirname, '../tools/setup.mjs');

async function setUp(environment: NodeJS.ProcessEnv = {}) {
  const start = performance.now();
  const child = spawn(process.execPath, [script], { env: { ...process.env, ...environment } });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { stdout, stderr, code, seconds: (performance.now() - start) / 1000 };
}

test('set-up of a checkout that is set up fetches and builds nothing and takes seconds, from two shells at once too', async () => {
  for (const { stdout, stderr, code, seconds } of await Promise.all([setUp(), setUp()])) {
    expect(stderr).not.toMatch(/fetches|Set-up: /);
    expect(stderr).toMatch(/Set-up is complete\.\n$/);
    expect(stdout).toBe('');
    expect(code).toBe(0);
    expect(seconds).toBeLessThan(10);
  }
});

test('set-up with a NACRE_PYTHON that is none ends with one sentence, its remedy and exit code 2', async () => {
  const { stderr, code } = await setUp({ NACRE_PYTHON: '/nowhere/python' });
  expect(stderr).toBe(
    'nacre: NACRE_PYTHON=/nowhere/python is no working Python. Set it to an interpreter’s full path.\n',
  );
  expect(code).toBe(2);
});

test('set-up without git or Python on PATH names what is missing', async () => {
  const { stderr, code } = await setUp({ PATH: '/nowhere' });
  expect(stderr).toBe('nacre: There is no git on PATH. Install git, then run the command again.\n');
  expect(code).toBe(2);
});
