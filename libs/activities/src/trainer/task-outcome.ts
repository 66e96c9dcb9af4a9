import { readFile } from 'node:fs/promises';

import { ContractViolation, NodeLost, OutOfMemory } from '@nacre/contracts/errors';
import { exitCodes, taskResultSchema, type TaskResult } from '@nacre/contracts/trainer';

import type { StageOutput } from '../stage-context.js';
import { kernelKills } from './kernel-kills.js';
import { isTaskFailure, lastWords, taskFailure } from './task-failure.js';
import type { ProcessEnd } from './task-process.js';

/** What a shell and our launcher say of a process that SIGKILL has ended. */
const KILLED = 128 + 9;

/**
 * What a task that has ended has to show. An error that it named itself wins over how its process went: one that
 * runs out of memory may well crash in its clean-up.
 *
 * @param killsBefore kernelKills() before the task began: only a rise makes a killed task one without memory
 * @throws the error of the task; OutOfMemory and NodeLost when it was killed
 */
export async function taskOutcome(
  { code, signal }: ProcessEnd,
  resultFile: string,
  logFile: string,
  killsBefore: number | undefined,
): Promise<StageOutput> {
  const result = await readResult(resultFile);
  if (code === exitCodes.done && result?.exit_code === exitCodes.done) {
    return { metrics: result.metrics, environment: result.environment };
  }
  const error = result?.error ?? undefined;
  if (error !== undefined && isTaskFailure(error.type)) {
    throw taskFailure(code ?? result?.exit_code ?? KILLED, error.type, error.message);
  }
  if (code === null || signal !== null || code === KILLED || error?.type === 'NodeLost') {
    const how = error?.message ?? `the task was killed by ${signal ?? 'SIGKILL'}`;
    if (((await kernelKills()) ?? 0) > (killsBefore ?? 0)) {
      throw new OutOfMemory(`${how}: the kernel ended it because the worker's memory ran out`);
    }
    throw new NodeLost(how, { signal });
  }
  // Which stage it was is said by the run.
  throw taskFailure(code, error?.type, error?.message ?? (await lastWords(logFile)));
}

async function readResult(file: string): Promise<TaskResult | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return undefined; // A task that crashed hard leaves none.
  }
  const parsed = taskResultSchema.safeParse(JSON.parse(text));
  if (!parsed.success)
    throw new ContractViolation(
      `the result file of the task is not what the contract says: ${parsed.error.message}`,
    );
  return parsed.data;
}
