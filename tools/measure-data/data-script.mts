import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Installation } from '@nacre/activities';

/** What a step of the script cost. */
export interface ScriptCost {
  readonly seconds: number;
  readonly cpu_seconds: number;
  readonly peak_bytes: number;
}

/** Runs a step of tools/python/data_baselines.py and answers what it prints. @throws Error with the script's words */
export async function dataScript<Answer>(
  { root, python, pythonPath }: Installation,
  words: readonly string[],
  signal: AbortSignal,
): Promise<Answer> {
  const { PATH, HOME } = process.env;
  const { stdout } = await promisify(execFile)(
    python,
    [join(root, 'tools/python/data_baselines.py'), ...words],
    { env: { PATH, HOME, PYTHONPATH: pythonPath, OMP_NUM_THREADS: '1', HF_HUB_OFFLINE: '1' }, signal },
  );
  return JSON.parse(stdout) as Answer;
}
