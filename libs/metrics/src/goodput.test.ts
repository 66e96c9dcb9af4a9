import { goodputSchema, timeUses, type TimeSpent } from '@nacre/contracts/measurement';
import type { AttemptLedger } from '@nacre/contracts/run';
import { describe, expect, it } from 'vitest';

import { attemptOf } from './goodput.fixture.js';
import { goodputOf } from './goodput.js';
import { randomIndex } from './random-index.js';

const other = 'b'.repeat(64);

/** Vanished in mid-training: 300 of 400 steps done, 240 of them durable, 12 s of 60 s at risk. */
const vanished = attemptOf({
  ended: null,
  seen_at: 1_080_000,
  step: 300,
  durable_step: 240,
  seconds: { step: 60, at_risk: 12, publish: 0 },
});
/** Went on from the checkpoint of step 240, 25 s after the last sign of life. */
const successor = attemptOf({
  term: 2,
  started_at: 1_105_000,
  seen_at: 1_160_000,
  first_step: 240,
  seconds: { step: 35 },
});

describe('the goodput of an undisturbed attempt', () => {
  const { run } = goodputOf([attemptOf()]);

  it('is its step time over its age; publishing counts as loading', () => {
    expect(run.all).toBe(100);
    expect(run.seconds).toEqual({
      step: 80,
      evaluation: 3,
      checkpoint: 4,
      load: 11,
      wait: 2,
      lost: 0,
      unaccounted: 0,
    });
    expect(run.goodput).toBe(0.8);
    expect(run.shares.load).toBeCloseTo(0.11, 12);
  });

  it('loses nothing though its last steps were in no checkpoint: the artifact holds them', () => {
    const { seconds } = goodputOf([attemptOf({ durable_step: 300, seconds: { at_risk: 20 } })]).run;
    expect(seconds).toMatchObject({ step: 80, lost: 0 });
  });

  it('shows what its books do not explain', () => {
    const { run: leaky } = goodputOf([attemptOf({ seen_at: 1_104_000 })]);
    expect(leaky.seconds.unaccounted).toBe(4);
    expect(leaky.shares.unaccounted).toBeCloseTo(4 / 104, 12);
  });
});

describe('an attempt that did not end well', () => {
  it.each([
    ['stopped', { ended: 'stopped' }],
    ['failed', { ended: 'failed', error: 'OutOfMemory' }],
    ['vanished', { ended: null }],
  ] as const)('that has %s loses what was at risk, and no more', (ending, changes) => {
    const { run } = goodputOf([{ ...vanished, ...changes }]);
    expect(run.seconds).toMatchObject({ step: 48, lost: 12 });
    expect(run.attempts).toEqual({ done: 0, stopped: 0, failed: 0, vanished: 0, [ending]: 1 });
  });

  it('is followed: the silence between the two is detection, in no attempt’s seconds', () => {
    const { run } = goodputOf([successor, vanished]);
    expect(run.detection).toEqual({ count: 1, seconds: 25 });
    expect(run.all).toBe(80 + 55);
    expect(run.seconds).toMatchObject({ step: 48 + 35, lost: 12 });
    expect(run.attempts).toMatchObject({ done: 1, vanished: 1 });
  });

  it('leaves no silence to count where it said that it stops, where nobody followed, or in another stage', () => {
    expect(goodputOf([{ ...vanished, ended: 'stopped' }, successor]).run.detection.count).toBe(0);
    expect(goodputOf([vanished]).run.detection.count).toBe(0);
    expect(goodputOf([vanished, { ...successor, key: other }]).run.detection.count).toBe(0);
  });

  it('counts no time backwards where it was continued after its successor had begun', () => {
    const { detection } = goodputOf([{ ...vanished, seen_at: 1_130_000 }, successor]).run;
    expect(detection).toEqual({ count: 1, seconds: 0 });
  });

  it('loses more than was at risk where its newest checkpoint was refused: the steps done again', () => {
    // 48 s of durable work for 240 steps; from 180 on, a quarter of it is done again.
    const { seconds } = goodputOf([vanished, { ...successor, first_step: 180 }]).run;
    expect(seconds).toMatchObject({ lost: 12 + 12, step: 36 + 35 });
  });

  it('loses all where a later attempt, not the next one, began from nothing', () => {
    const third = { ...successor, term: 3, started_at: 1_300_000, seen_at: 1_355_000, first_step: 0 };
    const second = { ...successor, ended: 'failed' as const, durable_step: 400 };
    const { seconds } = goodputOf([vanished, second, third]).run;
    expect(seconds.lost).toBe(60 + 35);
  });
});

describe('the stages of a run', () => {
  it('stand in the order in which they began, each with its own sums', () => {
    const merge = attemptOf({
      stage: 'merge',
      kind: 'merge',
      key: other,
      started_at: 2_000_000,
      seen_at: 2_100_000,
    });
    const goodput = goodputOf([merge, vanished, successor]);
    expect(goodput.stages.map(({ stage, kind, all }) => [stage, kind, all])).toEqual([
      ['teacher/llama/fold-0', 'train_teacher', 135],
      ['merge', 'merge', 100],
    ]);
    const again = goodputOf([
      { ...vanished, stage: 'teacher/llama/fold-1', key: 'c'.repeat(64) },
      merge,
      vanished,
    ]);
    expect(again.kinds.map(({ kind, all }) => [kind, all])).toEqual([
      ['train_teacher', 160],
      ['merge', 100],
    ]);
    expect(goodput.run.uploads).toEqual({ count: 9, seconds: 18, bytes: 9000 });
  });

  it('are none without books, and there is no share of nothing', () => {
    const { run, stages } = goodputOf([]);
    expect(stages).toEqual([]);
    expect(run).toMatchObject({ all: 0, goodput: null, shares: { step: 0, lost: 0 } });
    expect(goodputOf([attemptOf({ seen_at: 1_000_000 })]).run.goodput).toBeNull();
  });
});

/** Some attempts of three stages, with all kinds of ends and times that no float can hold exactly. */
function drawnAttempts(seed: number): AttemptLedger[] {
  let counter = 0;
  const draw = (count: number) => randomIndex(seed, (counter += 1), count);
  const seconds = (count: number) => draw(count * 1000) / 997;
  return Array.from({ length: draw(12) }, (_, index) => {
    const stage = draw(3);
    const begin = 1e12 + draw(1_000_000) + draw(1000) / 7;
    const first = draw(50);
    const step = seconds(100);
    return attemptOf({
      stage: `stage ${stage}`,
      key: String(stage).repeat(64),
      term: index + 1,
      started_at: begin,
      seen_at: begin + draw(300_000) - draw(1000) / 3,
      ended: (['done', 'stopped', 'failed', null] as const)[draw(4)] ?? null,
      first_step: first,
      step: first + draw(100),
      durable_step: draw(2) === 0 ? 0 : first + draw(100),
      seconds: {
        step,
        at_risk: (step * draw(1200)) / 1000,
        wait: seconds(9),
        load: seconds(20),
        evaluation: seconds(5),
        checkpoint: seconds(3),
        publish: seconds(2),
      },
    });
  });
}

/** Whole milliseconds; the document holds seconds. */
const exact = (value: number) => Math.round(value * 1000);

describe('any list of books', () => {
  it.each(Array.from({ length: 10 }, (_, decade) => decade * 30))(
    'sums up to the millisecond, per stage and in all, and is a goodput.json (seeds from %d)',
    (from) => {
      for (let seed = from; seed < from + 30; seed += 1) expectExactSums(drawnAttempts(seed));
    },
  );
});

function expectExactSums(attempts: readonly AttemptLedger[]): void {
  const goodput = goodputOf(attempts);
  expect(goodputSchema.safeParse(goodput).error).toBeUndefined();
  for (const spent of [goodput.run, ...goodput.kinds, ...goodput.stages]) {
    expect(timeUses.reduce((sum, use) => sum + exact(spent.seconds[use]), 0)).toBe(exact(spent.all));
    expect(spent.seconds.step).toBeGreaterThanOrEqual(0);
    expect(spent.seconds.lost).toBeGreaterThanOrEqual(0);
  }
  const ofStages = (value: (spent: TimeSpent) => number) =>
    goodput.stages.reduce((sum, spent) => sum + exact(value(spent)), 0);
  for (const use of timeUses) {
    expect(ofStages(({ seconds }) => seconds[use])).toBe(exact(goodput.run.seconds[use]));
  }
  expect(ofStages(({ detection }) => detection.seconds)).toBe(exact(goodput.run.detection.seconds));
  const ended = Object.values(goodput.run.attempts).reduce((sum, count) => sum + count, 0);
  expect(ended).toBe(attempts.length);
}
