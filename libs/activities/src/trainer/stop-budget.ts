/** Least time that a task is given to stop: a step on a slow machine and its clean-up. */
const LEAST_SECONDS = 30;

/** What a training that has not saved yet is given: how long its first save takes is not known. */
const FIRST_SAVE_SECONDS = 300;

/** Times by which the next step, save or upload may be longer than the longest one seen. */
const SAFETY = 2;

/** What the stop of a training takes, in seconds, as far as it was seen. */
export interface StopTimes {
  /** Longest of the newest steps. */
  readonly step: number;
  /** Time for which the newest checkpoint held up training. */
  readonly save: number;
  /** Time that the upload of the newest checkpoint took. */
  readonly upload: number;
  /** Whether the task keeps checkpoints and none was seen yet. */
  readonly saveUnknown: boolean;
}

/**
 * Seconds that a task may take from SIGTERM until its checkpoint is in the store: the step that it is
 * in, the save and the upload (design, section 3), with room for slower ones; at least 30, and 300
 * where the first save is still to come.
 */
export function stopBudget({ step, save, upload, saveUnknown }: StopTimes): number {
  return Math.max(saveUnknown ? FIRST_SAVE_SECONDS : LEAST_SECONDS, SAFETY * (step + save + upload));
}

/**
 * What to tell people when the stop does not fit into the grace that the worker has, else undefined.
 *
 * @param graceSeconds from the SIGTERM of the worker until it is killed
 * @param everySeconds shortest time between two checkpoints
 */
export function graceWarning(
  stage: string,
  times: StopTimes,
  graceSeconds: number,
  everySeconds: number,
): string | undefined {
  const needed = times.step + times.save + times.upload;
  if (needed <= graceSeconds) return undefined;
  const seconds = (value: number) => `${value.toFixed(0)} s`;
  return (
    `${stage}: a step (${seconds(times.step)}), saving (${seconds(times.save)}) and uploading (${seconds(times.upload)}) ` +
    `take ${seconds(needed)}; the worker has ${seconds(graceSeconds)} when it is told to stop. A stop would lose the work ` +
    `since the last checkpoint, at most ${seconds(everySeconds)} and those ${seconds(needed)}; raise NACRE_SHUTDOWN_GRACE and the ` +
    'time that the machine gives the worker, or lower run.checkpoint_every'
  );
}
