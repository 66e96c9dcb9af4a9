import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

/** A part of the machine that a test may need and a laptop may lack. */
export type MachinePart = 'browser' | 'arena-mini' | 'small-disk';

declare module 'vitest' {
  interface TaskMeta {
    /** Why the test did not run; the test driver lists it at the end. */
    notRun?: string;
  }
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function findBrowser(): string | undefined {
  const named = process.env['NACRE_BROWSER'];
  if (named !== undefined) return existsSync(named) ? named : undefined;
  const folders = (process.env['PATH'] ?? '').split(':');
  return browsers.flatMap((name) => folders.map((folder) => resolve(folder, name))).find(existsSync);
}

function findArenaMini(): string | undefined {
  const folder = resolve(root, process.env['NACRE_ARENA_MINI'] ?? '../shared/data/arena-mini');
  return existsSync(resolve(folder, 'train.csv')) ? folder : undefined;
}

/** A program that gives a process mounts of its own, where the kernel lets this user have them. */
function findUnshare(): string | undefined {
  const { status } = spawnSync('unshare', [
    '--map-root-user',
    '--mount',
    'mount',
    '-t',
    'tmpfs',
    'tmpfs',
    '/mnt',
  ]);
  return status === 0 ? 'unshare' : undefined;
}

const parts = {
  browser: {
    find: findBrowser,
    absent: 'no Chromium on PATH; install chromium or set NACRE_BROWSER to one',
  },
  'arena-mini': {
    find: findArenaMini,
    absent: 'no folder arena-mini; set NACRE_ARENA_MINI to a folder in the competition’s format',
  },
  'small-disk': {
    find: findUnshare,
    absent: 'no leave to mount a small disk (unshare --map-root-user --mount)',
  },
} satisfies Record<MachinePart, { find: () => string | undefined; absent: string }>;

/**
 * Path of the part: the browser's executable, the folder with train.csv, or the program that gives mounts. Where it is absent the calling test is
 * skipped and listed with the reason, or fails if NACRE_REQUIRE (comma-separated parts) names it, as CI does.
 */
export function requirePart(context: TestContext, part: MachinePart): string {
  const found = parts[part].find();
  if (found !== undefined) return found;
  const { absent } = parts[part];
  if ((process.env['NACRE_REQUIRE'] ?? '').split(',').includes(part)) {
    throw new Error(`NACRE_REQUIRE names ${part}, but there is ${absent}.`);
  }
  context.task.meta.notRun = absent;
  context.skip(absent);
}
