import type { TimeUse } from '@nacre/contracts/measurement';
import type { AttemptLedger } from '@nacre/contracts/run';

/** How an attempt ended, as far as its books tell. */
export type Ending = 'done' | 'stopped' | 'failed' | 'vanished';

/** What became of the time of one attempt, in whole milliseconds, so that sums are exact. */
export interface AttemptTime {
  readonly ending: Ending;
  /** From its claim to the newest moment in its books. */
  readonly age: number;
  /** Sum up to `age`. */
  readonly uses: Readonly<Record<TimeUse, number>>;
  /** From the last sign of life of a vanished attempt to the beginning of the next; null for all others. */
  readonly detection: number | null;
}

/**
 * Books of one attempt, closed by what came later.
 *
 * - What a done attempt computed is useful.
 * - Of any other, what was not durable is lost; and what was durable but lies beyond the checkpoint from which a
 *   later attempt went on (a refused checkpoint, a stage trained afresh) is lost in proportion to its steps.
 *
 * @param later attempts of the same stage key with a higher term, in the order of terms
 */
export function attemptTime(attempt: AttemptLedger, later: readonly AttemptLedger[]): AttemptTime {
  const { seconds, started_at: begin, seen_at: seen } = attempt;
  const ending = attempt.ended ?? 'vanished';
  const age = Math.max(0, Math.round(seen - begin));
  const step = inMilliseconds(seconds.step);
  const lost = ending === 'done' ? 0 : lostOf(attempt, step, later);
  const known = {
    step: step - lost,
    evaluation: inMilliseconds(seconds.evaluation),
    checkpoint: inMilliseconds(seconds.checkpoint),
    load: inMilliseconds(seconds.load) + inMilliseconds(seconds.publish),
    wait: inMilliseconds(seconds.wait),
    lost,
  };
  const unaccounted = age - Object.values(known).reduce((sum, use) => sum + use, 0);
  const [next] = later;
  return {
    ending,
    age,
    uses: { ...known, unaccounted },
    detection:
      ending === 'vanished' && next !== undefined ? Math.max(0, Math.round(next.started_at - seen)) : null,
  };
}

function lostOf(attempt: AttemptLedger, step: number, later: readonly AttemptLedger[]): number {
  const { first_step: first, durable_step: durable } = attempt;
  const atRisk = Math.min(step, inMilliseconds(attempt.seconds.at_risk));
  if (durable <= first) return atRisk;
  const kept = Math.max(first, Math.min(durable, ...later.map(({ first_step }) => first_step)));
  return atRisk + Math.round(((step - atRisk) * (durable - kept)) / (durable - first));
}

function inMilliseconds(seconds: number): number {
  return Math.round(seconds * 1000);
}
