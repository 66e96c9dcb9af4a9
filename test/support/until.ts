import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until a condition holds and answers what it answered.
 *
 * @throws Error naming what was waited for, after `seconds`
 */
export async function until<Answer>(
  what: string,
  holds: () => Answer | Promise<Answer>,
  seconds = 120,
  pauseMilliseconds = 100,
): Promise<Exclude<Answer, undefined | null | false>> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await holds();
    if (answer !== undefined && answer !== null && answer !== false) {
      return answer as Exclude<Answer, undefined | null | false>;
    }
    if (performance.now() > deadline) throw new Error(`waited ${String(seconds)} s in vain until ${what}`);
    await sleep(pauseMilliseconds);
  }
}
