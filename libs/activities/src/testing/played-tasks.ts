import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { TrainerStopped } from '@nacre/contracts/errors';

import type { StageContext, TaskRunner } from '../stage-context.js';

/** A task that fails at once. */
export function fails(error: Error): TaskRunner {
  return () => Promise.reject(error);
}

/** A task that makes one file with this text. */
export function writes(text: string): TaskRunner {
  return async (_task, context) => {
    await writeFile(join(context.output, 'answer.txt'), text);
    return { metrics: { answer: text.length }, environment: { torch: 'played' } };
  };
}

/** A task that runs until its signal aborts and ends then as a Python task does; `running` resolves when it has begun. */
export function runsUntilStopped(): {
  readonly task: TaskRunner;
  readonly running: Promise<StageContext>;
} {
  let begun: (context: StageContext) => void = () => undefined;
  const running = new Promise<StageContext>((resolve) => {
    begun = resolve;
  });
  const task: TaskRunner = async (_task, context) => {
    begun(context);
    await new Promise<void>((resolve) => {
      context.signal.addEventListener('abort', () => {
        resolve();
      });
    });
    throw new TrainerStopped('stopped at a step boundary');
  };
  return { task, running };
}
