import { timeUses, type Goodput, type TimeSpent, type TimeUse } from '@nacre/contracts/measurement';
import type { AttemptLedger } from '@nacre/contracts/run';

import { attemptTime, type AttemptTime } from './attempt-time.js';

/** An attempt with what became of its time. */
interface Closed {
  readonly attempt: AttemptLedger;
  readonly time: AttemptTime;
}

/**
 * Where the time of a run's attempts went, per stage, per stage kind and in all. The order of the attempts does not matter; a stage
 * that was a hit has none and does not appear.
 */
export function goodputOf(attempts: readonly AttemptLedger[]): Goodput {
  const ordered = [...attempts].sort(
    (left, right) => left.started_at - right.started_at || left.term - right.term,
  );
  const closed = ordered.map((attempt): Closed => ({
    attempt,
    time: attemptTime(attempt, laterThan(attempt, ordered)),
  }));
  const each = (key: 'stage' | 'kind') =>
    [...new Set(ordered.map((attempt) => attempt[key]))].map((name) =>
      closed.filter(({ attempt }) => attempt[key] === name),
    );
  return {
    nacre_goodput: 1,
    run: timeSpent(closed),
    kinds: each('kind').map((own) => ({ kind: own[0]?.attempt.kind ?? '', ...timeSpent(own) })),
    stages: each('stage').map((own) => ({
      stage: own[0]?.attempt.stage ?? '',
      kind: own[0]?.attempt.kind ?? '',
      ...timeSpent(own),
    })),
  };
}

function laterThan({ key, term }: AttemptLedger, attempts: readonly AttemptLedger[]): AttemptLedger[] {
  return attempts
    .filter((other) => other.key === key && other.term > term)
    .sort((left, right) => left.term - right.term);
}

function timeSpent(closed: readonly Closed[]): TimeSpent {
  const times = closed.map(({ time }) => time);
  const all = sum(times, ({ age }) => age);
  const uses = every((use) => sum(times, (time) => time.uses[use]));
  const ended = (ending: AttemptTime['ending']) => times.filter((time) => time.ending === ending).length;
  return {
    attempts: {
      done: ended('done'),
      stopped: ended('stopped'),
      failed: ended('failed'),
      vanished: ended('vanished'),
    },
    all: all / 1000,
    seconds: every((use) => uses[use] / 1000),
    shares: every((use) => (all === 0 ? 0 : uses[use] / all)),
    goodput: all === 0 ? null : uses.step / all,
    detection: {
      count: times.filter(({ detection }) => detection !== null).length,
      seconds: sum(times, ({ detection }) => detection ?? 0) / 1000,
    },
    uploads: {
      count: sum(closed, ({ attempt }) => attempt.uploads.count),
      seconds: sum(closed, ({ attempt }) => Math.round(attempt.uploads.seconds * 1000)) / 1000,
      bytes: sum(closed, ({ attempt }) => attempt.uploads.bytes),
    },
  };
}

function every(value: (use: TimeUse) => number): Record<TimeUse, number> {
  return Object.fromEntries(timeUses.map((use) => [use, value(use)])) as Record<TimeUse, number>;
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
