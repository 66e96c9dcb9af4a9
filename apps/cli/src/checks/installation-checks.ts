import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { installation } from '@nacre/activities';

import type { Check } from './check.js';

const run = promisify(execFile);
/** A whole demo with its base models, logits and caches stays below this. */
const NEEDED_BYTES = 2e9;

/** Python with its packages, disk, the workflow bundle. */
export async function installationChecks(environment: NodeJS.ProcessEnv): Promise<Check[]> {
  const here = installation(environment, 'unknown');
  return [await python(here.python, here.pythonPath), await disk(here.root), bundle(here.root)];
}

async function python(interpreter: string, pythonPath: string): Promise<Check> {
  const base = {
    check: 'python',
    remedy: 'Run `npm run setup`, or set NACRE_PYTHON to an interpreter with the packages',
    service: false,
  };
  try {
    const program =
      'import importlib.metadata as m; import nacre_model; print(*(f"{p} {m.version(p)}" for p in ("torch", "transformers", "pyarrow", "compressed-tensors")), sep=", ")';
    const { stdout } = await run(interpreter, ['-c', program], { env: { PYTHONPATH: pythonPath } });
    return { ...base, ok: true, detail: stdout.trim() };
  } catch (error) {
    const reason = error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error);
    return { ...base, ok: false, detail: `${interpreter}: ${reason}` };
  }
}

async function disk(root: string): Promise<Check> {
  const { bavail, bsize } = await statfs(root);
  const free = bavail * bsize;
  return {
    check: 'disk',
    ok: free >= NEEDED_BYTES,
    detail: `${(free / 1e9).toFixed(1)} GB free`,
    remedy: `Free ${(NEEDED_BYTES / 1e9).toFixed(0)} GB, or set NACRE_WORK_FOLDER to a larger disk`,
    service: false,
  };
}

function bundle(root: string): Check {
  const ok = existsSync(join(root, '.nacre', 'build', 'workflow-bundle.js'));
  return {
    check: 'workflow bundle',
    ok,
    detail: ok ? 'built' : 'missing',
    remedy: 'Run `npm run setup`',
    service: false,
  };
}
