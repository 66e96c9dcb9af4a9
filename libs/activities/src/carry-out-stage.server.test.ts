import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { publishStage, readManifest } from '@nacre/artifact-store';
import { NodeLost } from '@nacre/contracts/errors';
import type { AttemptLedger } from '@nacre/contracts/run';
import { ActivityCancellationDetails } from '@temporalio/common';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { TaskRunner } from './stage-context.js';
import { PlayedStagePlace } from './testing/played-attempt.js';
import { fails, runsUntilStopped, writes } from './testing/played-tasks.js';
import { unaccountedShare } from './testing/unaccounted-share.js';

let place: PlayedStagePlace;
beforeEach(async () => {
  place = await PlayedStagePlace.open();
});
afterEach(() => place.close());

const shutdown = new ActivityCancellationDetails({ workerShutdown: true });

describe('a stage that is done', () => {
  test('is published with the execution that may decide its bytes; its books are closed, its folder is gone', async () => {
    const { ended } = place.attempt(writes('bytes'));
    const reference = await ended;
    expect(await place.register()).toMatchObject({
      state: 'published',
      term: 1,
      manifest_id: reference.manifest_id,
    });
    const { environment } = await readManifest(place.store, reference.manifest_id);
    expect(environment).toEqual({ torch: 'played', rung: 1, micro_batch_tokens: 512, ranks: 1 });
    const [ledger] = await place.ledgers();
    expect(ledger).toMatchObject({ term: 1, ended: 'done', error: null, seconds: { at_risk: 0 } });
    expect(readdirSync(join(place.folder, 'work'))).toEqual([]);
  });

  test('is a hit for whoever comes later, without another attempt in the books', async () => {
    const first = await place.attempt(writes('bytes')).ended;
    await expect(place.attempt(fails(new Error('computed again'))).ended).resolves.toEqual(first);
    expect(await place.ledgers()).toHaveLength(1);
  });

  test('does not need its books: where they cannot be written it is published all the same', async () => {
    place.store.client.middlewareStack.add(
      (next) => (step) => {
        const { Key } = step.input as { Key?: string };
        if (Key?.includes('/ledger/') === true) throw new Error('no books today');
        return next(step);
      },
      { step: 'initialize' },
    );
    await place.attempt(writes('bytes')).ended;
    expect(await place.register()).toMatchObject({ state: 'published' });
    expect(await place.ledgers()).toEqual([]);
  });
});

describe('an attempt that lost its claim', () => {
  test('is stopped at the next renewal, and whoever has the stage is left alone', async () => {
    const { task, running } = runsUntilStopped();
    const { ended } = place.attempt(task, { renewalMilliseconds: 50 });
    const context = await running;
    await place.taken();
    await expect(ended).rejects.toMatchObject({ type: 'ClaimLost', nonRetryable: false });
    expect(context.signal.reason).toMatchObject({ name: 'ClaimLost' });
    expect(await place.register()).toMatchObject({
      term: 2,
      state: 'claimed',
      holder: { worker: 'successor' },
    });
    expect((await place.ledgers())[0]).toMatchObject({ ended: 'failed', error: 'ClaimLost' });
  });

  test('hears of it at its next durable checkpoint', async () => {
    const task: TaskRunner = async (_task, context) => {
      await place.taken();
      await context.durable({ step: 5, bytes: 1, seconds: 1 });
      throw new Error('went on after its claim was lost');
    };
    await expect(place.attempt(task).ended).rejects.toMatchObject({ type: 'ClaimLost' });
  });

  test('that slept through it all publishes nothing over its successor', async () => {
    const successor = await place.attempt(writes('theirs'), {}, { key: 'd0'.repeat(32) }).ended;
    const task: TaskRunner = async (_task, context) => {
      const claim = await place.taken();
      await publishStage(place.store, place.call.kind, place.call.key, claim, successor.manifest_id);
      return writes('mine')(_task, context);
    };
    await expect(place.attempt(task).ended).resolves.toEqual(successor);
    expect(await place.register()).toMatchObject({ term: 2, manifest_id: successor.manifest_id });
  });
});

describe('an attempt that ends without a result', () => {
  test('as asked gives its claim back and is not counted', async () => {
    const { task, running } = runsUntilStopped();
    const { ended, environment } = place.attempt(task);
    await running;
    environment.cancel('WORKER_SHUTDOWN', shutdown);
    await expect(ended).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(await place.register()).toMatchObject({ state: 'released', attempts_without_progress: 0 });
    expect((await place.ledgers())[0]).toMatchObject({ ended: 'stopped', error: null });
  });

  test('by failing is counted, and the fourth beginning is refused for a person with what is known', async () => {
    for (const count of [1, 2, 3]) {
      await expect(place.attempt(fails(new NodeLost('killed'))).ended).rejects.toMatchObject({
        type: 'NodeLost',
      });
      expect(await place.register()).toMatchObject({ attempts_without_progress: count });
    }
    const run = place.call.run.workflow_id;
    const refusal = place.attempt(writes('bytes')).ended;
    await expect(refusal).rejects.toMatchObject({ type: 'NoProgress', nonRetryable: true });
    await expect(refusal).rejects.toThrow(
      /^train_teacher\/fold-0: 3 attempts in a row .* the newest ended with NodeLost on worker-/,
    );
    await expect(refusal).rejects.toThrow(`\`npx nacre logs ${run} train_teacher/fold-0\``);
    // The person's `retry` begins to count anew.
    expect(await place.register()).toMatchObject({ state: 'released', attempts_without_progress: 0 });
    await expect(place.attempt(writes('bytes')).ended).resolves.toMatchObject({ kind: 'train_teacher' });
  });

  test('after a durable checkpoint has made progress: the register, the heartbeat and the books name its step', async () => {
    await expect(place.attempt(fails(new NodeLost('killed'))).ended).rejects.toThrow();
    const task: TaskRunner = async (_task, context) => {
      await context.durable({ step: 40, bytes: 9, seconds: 2 });
      throw new NodeLost('killed');
    };
    const { ended, beats } = place.attempt(task);
    await expect(ended).rejects.toThrow('killed');
    expect(await place.register()).toMatchObject({ durable_step: 40, attempts_without_progress: 0 });
    expect(beats.at(-1)).toMatchObject({ durable_step: 40 });
    expect((await place.ledgers())[1]).toMatchObject({
      durable_step: 40,
      ended: 'failed',
      error: 'NodeLost',
      uploads: { count: 1, bytes: 9, seconds: 2 },
    });
  });
});

test('an attempt that vanishes is in the books as far as it had come', async () => {
  const { task, running } = runsUntilStopped();
  const { ended, environment } = place.attempt(task);
  const context = await running;
  const at = Date.now() / 1000;
  context.heard({ type: 'task-start', at, task: 'train', pid: 1 });
  context.heard({
    type: 'time-spent',
    at: at + 0.01,
    seconds: { load: 0.01, step: 0, evaluation: 0, checkpoint: 0, wait: 0 },
  });
  const seen = async () => (await place.ledgers())[0];
  await expect.poll(async () => (await seen())?.seconds.load).toBeGreaterThan(0);
  const ledger = await seen();
  expect(ledger).toMatchObject({ ended: null, durable_step: 0 });
  expect(unaccountedShare(ledger as AttemptLedger)).toBeLessThan(0.01);
  environment.cancel('WORKER_SHUTDOWN', shutdown);
  await expect(ended).rejects.toThrow();
});

describe('a published stage that is computed afresh', () => {
  const fresh = { fresh: true };

  test('to the same bytes stays what it was', async () => {
    const first = await place.attempt(writes('bytes')).ended;
    const before = await place.register();
    await expect(place.attempt(writes('bytes'), {}, fresh).ended).resolves.toEqual(first);
    expect(await place.register()).toEqual(before);
  });

  test('to other bytes is replaced, and until then found by everybody', async () => {
    const first = await place.attempt(writes('bytes')).ended;
    const task: TaskRunner = async (name, context) => {
      expect(context.term).toBe(2);
      await expect(place.attempt(fails(new Error('computed'))).ended).resolves.toEqual(first);
      return writes('other bytes')(name, context);
    };
    const second = await place.attempt(task, {}, fresh).ended;
    expect(second.content_id).not.toBe(first.content_id);
    expect(await place.register()).toMatchObject({ term: 2, manifest_id: second.manifest_id });
  });

  test('and fails leaves what is there', async () => {
    const first = await place.attempt(writes('bytes')).ended;
    await expect(place.attempt(fails(new NodeLost('killed')), {}, fresh).ended).rejects.toThrow('killed');
    expect(await place.register()).toMatchObject({ state: 'published', manifest_id: first.manifest_id });
  });

  test('and fails three times in a row is held for a person; a retry begins to count anew', async () => {
    await place.attempt(writes('bytes')).ended;
    const refusal = place.attempt(writes('other bytes'), {}, fresh, 4).ended;
    await expect(refusal).rejects.toMatchObject({ type: 'NoProgress', nonRetryable: true });
    await expect(refusal).rejects.toThrow(/^train_teacher\/fold-0: 3 attempts in a row to compute it afresh/);
    await expect(place.attempt(writes('bytes'), {}, fresh, 3).ended).resolves.toBeDefined();
  });

  test('but was never published is claimed like any other', async () => {
    await place.attempt(writes('bytes'), {}, fresh).ended;
    expect(await place.register()).toMatchObject({ state: 'published', term: 1 });
  });
});
