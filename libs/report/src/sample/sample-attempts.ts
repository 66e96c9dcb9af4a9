import { canonicalDigest } from '@nacre/contracts/artifact';
import type { AttemptLedger, StageState } from '@nacre/contracts/run';

/** A moment between two others; `part` 0 is the first. */
const between = (from: number, until: number, part: number) => from + (until - from) * part;

/** Books of the attempts of the stages that were computed: a stage of two attempts lost its first node. */
export function sampleAttempts(stages: readonly StageState[]): AttemptLedger[] {
  return stages.flatMap((stage) => {
    const { state, started_at: begin, ended_at: end, attempt } = stage;
    if (state !== 'done' || begin === null || end === null) return [];
    if (attempt < 2) return [books(stage, { begin, end, term: 1, from: 0, until: 40 })];
    const vanished = books(stage, { begin, end: between(begin, end, 0.45), term: 1, from: 0, until: 22 });
    return [
      {
        ...vanished,
        ended: null,
        durable_step: 16,
        seconds: { ...vanished.seconds, at_risk: vanished.seconds.step * (6 / 22) },
      },
      books(stage, { begin: between(begin, end, 0.55), end, term: 2, from: 16, until: 40 }),
    ];
  });
}

interface Span {
  readonly begin: number;
  readonly end: number;
  readonly term: number;
  /** Step from which it went on. */
  readonly from: number;
  /** Steps done in the end. */
  readonly until: number;
}

function books({ name, kind, queue }: StageState, { begin, end, term, from, until }: Span): AttemptLedger {
  const age = (end - begin) / 1000;
  const trains = ['post_pretrain', 'train_teacher', 'distil'].includes(kind);
  const parts = trains
    ? { wait: 0.03, load: 0.1, step: 0.8, checkpoint: 0.03, publish: 0.038 }
    : { wait: 0.06, load: 0.24, step: 0.6, checkpoint: 0, publish: 0.098 };
  const seconds = Object.fromEntries(Object.entries(parts).map(([use, part]) => [use, part * age])) as Record<
    keyof typeof parts,
    number
  >;
  return {
    nacre_ledger: 1,
    stage: name,
    kind,
    key: canonicalDigest(name),
    term,
    worker: queue === 'nacre-data' ? 'data@laptop' : 'gpu@laptop',
    run_id: 'sample',
    started_at: begin,
    seen_at: end,
    ended: 'done',
    error: null,
    first_step: trains ? from : 0,
    step: trains ? until : 0,
    durable_step: trains ? until : 0,
    seconds: { ...seconds, at_risk: 0, evaluation: 0 },
    uploads: trains ? { count: 3, seconds: 0.4, bytes: 3 * 410_000 } : { count: 0, seconds: 0, bytes: 0 },
  };
}
