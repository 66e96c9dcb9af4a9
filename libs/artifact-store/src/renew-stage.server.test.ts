import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';

import type { ArtifactStore } from './artifact-store.js';
import { claimStage, type StageClaim } from './claim-stage.js';
import { publishArtifact } from './publish-artifact.js';
import { publishStage } from './publish-stage.js';
import { readRegister } from './read-register.js';
import { releaseStage } from './release-stage.js';
import { renewStage } from './renew-stage.js';
import { replaceStage } from './replace-stage.js';
import { resetAttempts } from './reset-attempts.js';
import { faultyNetwork } from './testing/faulty-network.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { testDraft } from './testing/test-draft.js';
import { testHolder } from './testing/test-holder.js';
import { testServer, testStore } from './testing/test-store.js';

const key = 'd2'.repeat(32);

describe('renewing a claim', () => {
  it('says when and how far, and the claim it answers is the one to go on with', async () => {
    const store = testStore();
    const renewed = await renewStage(store, 'merge', key, await take(store, 'run-a'), { durableStep: 40 });
    const again = await renewStage(store, 'merge', key, renewed, {});
    expect((await readRegister(store, 'merge', key))?.register).toEqual(again.register);
    expect(again.register).toMatchObject({ term: 1, state: 'claimed', durable_step: 40 });
    expect(again.register.renewed_at).toBeDefined();
  });

  it.each(['taken over', 'deleted'])('throws ClaimLost when the register was %s', async (how) => {
    const store = testStore();
    const claim = await take(store, 'run-a');
    if (how === 'taken over') await take(store, 'run-b');
    else {
      const Key = `${store.prefix}/stages/merge/${key}.json`;
      await store.client.send(new DeleteObjectCommand({ Bucket: store.bucket, Key }));
    }
    const before = await readRegister(store, 'merge', key);
    await expect(renewStage(store, 'merge', key, claim, { durableStep: 1 })).rejects.toMatchObject({
      name: 'ClaimLost',
      data: { term: 1, successor_term: how === 'deleted' ? null : 2 },
    });
    expect(await readRegister(store, 'merge', key)).toEqual(before);
  });

  it('recognises its own renewal when the answer was lost, and gets through a conflict', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const store = testStore({ endpoint: network.endpoint });
    const claim = await take(store, 'run-a');
    network.loseAnswerTo(/^PUT .*\/stages\//);
    const renewed = await renewStage(store, 'merge', key, claim, { durableStep: 7 });
    expect((await readRegister(store, 'merge', key))?.etag).toBe(renewed.etag);
    network.answer(/^PUT .*\/stages\//, 409, 1);
    expect(await renewStage(store, 'merge', key, renewed, { durableStep: 8 })).toMatchObject({
      register: { durable_step: 8 },
    });
  });

  it('does not undo a publication that it crossed', async () => {
    const store = testStore();
    const claim = await take(store, 'run-a');
    const manifestId = await artifact(store, 'weights');
    await publishStage(store, 'merge', key, claim, manifestId);
    expect(await renewStage(store, 'merge', key, claim, {})).toBe(claim);
    expect((await readRegister(store, 'merge', key))?.register).toMatchObject({
      state: 'published',
      manifest_id: manifestId,
    });
  });
});

describe('attempts without progress', () => {
  it.each<[string, number, (store: ArtifactStore, claim: StageClaim) => Promise<unknown>]>([
    ['a holder that vanished', 2, () => Promise.resolve()],
    ['a failure', 2, (store, claim) => releaseStage(store, 'merge', key, claim, { asked: false })],
    ['a stop as asked', 1, (store, claim) => releaseStage(store, 'merge', key, claim, { asked: true })],
    ['a reset', 0, (store, claim) => resetAttempts(store, 'merge', key, claim)],
    ['a durable step before it vanished', 0, durable],
    [
      'a durable step before it failed',
      0,
      async (store, claim) =>
        releaseStage(store, 'merge', key, await durable(store, claim), { asked: false }),
    ],
  ])('after one that vanished and then %s are %d', async (_, count, end) => {
    const store = testStore();
    await take(store, 'run-a');
    const second = await take(store, 'run-b');
    expect(second.register.attempts_without_progress).toBe(1);
    await end(store, second);
    expect((await take(store, 'run-c')).register.attempts_without_progress).toBe(count);
  });
});

describe('a published stage that was computed afresh', () => {
  it('is replaced with the next term unless its content is the same', async () => {
    const store = testStore();
    const first = await artifact(store, 'weights');
    await publishStage(store, 'merge', key, await take(store, 'run-a'), first);
    const same = await artifact(store, 'weights', 'run-b');
    const unchanged = { state: 'unchanged', manifest_id: first, term: 1 };
    expect(await replaceStage(store, 'merge', key, testHolder('run-b'), same)).toEqual(unchanged);
    const other = await artifact(store, 'other weights', 'run-b');
    const replaced = { state: 'replaced', manifest_id: other, term: 2 };
    expect(await replaceStage(store, 'merge', key, testHolder('run-b'), other)).toEqual(replaced);
    expect((await readRegister(store, 'merge', key))?.register).toMatchObject({
      manifest_id: other,
      term: 2,
    });
  });

  it('is not replaced when there is nothing to replace', async () => {
    const store = testStore();
    const manifestId = await artifact(store, 'weights');
    await expect(replaceStage(store, 'merge', key, testHolder('run-a'), manifestId)).rejects.toMatchObject({
      name: 'ContractViolation',
    });
  });
});

async function durable(store: ArtifactStore, claim: StageClaim): Promise<StageClaim> {
  return renewStage(store, 'merge', key, claim, { durableStep: 5 });
}

async function take(store: ArtifactStore, run: string): Promise<StageClaim> {
  const claim = await claimStage(store, 'merge', key, testHolder(run), () => Promise.resolve(false));
  if (claim.state !== 'claimed') throw new Error(`expected a claim, got ${claim.state}`);
  return claim;
}

async function artifact(store: ArtifactStore, weights: string, run = 'run-a'): Promise<string> {
  const draft = testDraft(temporaryFolder(), { 'model.safetensors': weights }, run);
  return (await publishArtifact(store, draft)).manifest_id;
}
