import type { AttemptLedger } from '@nacre/contracts/run';

/** Changes of an attempt's books; seconds are given one by one. */
export type AttemptChanges = Partial<Omit<AttemptLedger, 'seconds' | 'uploads'>> & {
  readonly seconds?: Partial<AttemptLedger['seconds']>;
  readonly uploads?: Partial<AttemptLedger['uploads']>;
};

/** Books of an attempt of 100 s that was done, 80 s of them steps. */
export function attemptOf(changes: AttemptChanges = {}): AttemptLedger {
  const { seconds, uploads, ...rest } = changes;
  return {
    nacre_ledger: 1,
    stage: 'teacher/llama/fold-0',
    kind: 'train_teacher',
    key: 'a'.repeat(64),
    term: 1,
    worker: 'worker-1',
    run_id: 'run-1',
    started_at: 1_000_000,
    seen_at: 1_100_000,
    ended: 'done',
    error: null,
    first_step: 0,
    step: 400,
    durable_step: 400,
    ...rest,
    seconds: {
      wait: 2,
      load: 10,
      step: 80,
      at_risk: 0,
      evaluation: 3,
      checkpoint: 4,
      publish: 1,
      ...seconds,
    },
    uploads: { count: 3, seconds: 6, bytes: 3000, ...uploads },
  };
}
