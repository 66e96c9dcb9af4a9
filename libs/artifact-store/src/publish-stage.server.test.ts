import { describe, expect, it } from 'vitest';

import { claimStage, type StageClaim } from './claim-stage.js';
import { publishArtifact } from './publish-artifact.js';
import { publishStage } from './publish-stage.js';
import { readRegister } from './read-register.js';
import { faultyNetwork } from './testing/faulty-network.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { testDraft } from './testing/test-draft.js';
import { testHolder } from './testing/test-holder.js';
import { testServer, testStore } from './testing/test-store.js';
import type { ArtifactStore } from './artifact-store.js';

const key = 'd1'.repeat(32);

describe('publishing a stage', () => {
  it('puts the manifest into the register under the claim', async () => {
    const store = testStore();
    const claim = await take(store, 'run-a');
    const manifestId = await artifact(store, 'run-a', 'weights');
    expect(await publishStage(store, 'merge', key, claim, manifestId)).toEqual({
      state: 'published',
      manifest_id: manifestId,
    });
    expect((await readRegister(store, 'merge', key))?.register).toMatchObject({
      state: 'published',
      term: 1,
      manifest_id: manifestId,
    });
  });

  it('is refused to a holder whose stage was taken over while it was stopped', async () => {
    const store = testStore();
    const stale = await take(store, 'run-a');
    const successor = await take(store, 'run-b');
    const manifestId = await artifact(store, 'run-a', 'weights');
    await expect(publishStage(store, 'merge', key, stale, manifestId)).rejects.toMatchObject({
      name: 'ClaimLost',
      data: { term: 1, successor_term: 2 },
      message: expect.stringContaining('run-b') as string,
    });
    expect((await readRegister(store, 'merge', key))?.register).toEqual(successor.register);
  });

  it('adopts what the successor published, and says whether the bytes are the same', async () => {
    const store = testStore();
    const stale = await take(store, 'run-a');
    const successor = await take(store, 'run-b');
    const theirs = await artifact(store, 'run-b', 'weights');
    await publishStage(store, 'merge', key, successor, theirs);
    const equal = await artifact(store, 'run-a', 'weights');
    expect(equal).not.toBe(theirs);
    expect(await publishStage(store, 'merge', key, stale, equal)).toEqual({
      state: 'adopted',
      manifest_id: theirs,
      diverged: false,
    });
    const other = await artifact(store, 'run-a', 'other weights');
    expect(await publishStage(store, 'merge', key, stale, other)).toMatchObject({
      state: 'adopted',
      diverged: true,
    });
  });

  it('recognises its own publication when the answer was lost', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const store = testStore({ endpoint: network.endpoint });
    const claim = await take(store, 'run-a');
    const manifestId = await artifact(store, 'run-a', 'weights');
    network.loseAnswerTo(/^PUT .*\/stages\//);
    expect(await publishStage(store, 'merge', key, claim, manifestId)).toEqual({
      state: 'published',
      manifest_id: manifestId,
    });
    const written = network.requests.filter((request) => /^PUT .*\/stages\//.test(request));
    expect(written).toHaveLength(3);
  });
});

async function take(store: ArtifactStore, run: string): Promise<StageClaim> {
  const claim = await claimStage(store, 'merge', key, testHolder(run), () => Promise.resolve(false));
  if (claim.state !== 'claimed') throw new Error(`expected a claim, got ${claim.state}`);
  return claim;
}

async function artifact(store: ArtifactStore, run: string, weights: string): Promise<string> {
  const draft = testDraft(temporaryFolder(), { 'model.safetensors': weights }, run);
  return (await publishArtifact(store, draft)).manifest_id;
}
