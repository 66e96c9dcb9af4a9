import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';

import { claimStage, type ClaimOutcome } from './claim-stage.js';
import { publishStage } from './publish-stage.js';
import { readRegister } from './read-register.js';
import { releaseStage } from './release-stage.js';
import { faultyNetwork } from './testing/faulty-network.js';
import { testHolder } from './testing/test-holder.js';
import { testServer, testStore } from './testing/test-store.js';

const key = 'c0'.repeat(32);
const manifestId = 'a1'.repeat(32);
const alive = () => Promise.resolve(true);
const gone = () => Promise.resolve(false);

describe('claiming a stage', () => {
  it('gives the first term to the first holder', async () => {
    const store = testStore();
    const holder = testHolder('run-a');
    const claim = await claimStage(store, 'merge', key, holder, alive);
    expect(claim).toMatchObject({ state: 'claimed', term: 1, register: { attempts_without_progress: 0 } });
    expect((await readRegister(store, 'merge', key))?.register).toMatchObject({
      term: 1,
      state: 'claimed',
      holder,
    });
  });

  it('has one winner among 16 claims at the same time; the others see who holds it', async () => {
    const store = testStore();
    const outcomes = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        claimStage(store, 'merge', key, testHolder(`run-${index}`), alive),
      ),
    );
    const winners = outcomes.filter((outcome) => outcome.state === 'claimed');
    expect(winners).toHaveLength(1);
    const losers = outcomes.filter((outcome) => outcome.state === 'held');
    expect(losers).toHaveLength(15);
    expect(new Set(losers.map((loser) => loser.holder.nonce))).toEqual(
      new Set([winners[0]?.register.holder.nonce]),
    );
  });

  it('orders 16 claims over a dead holder by 16 different terms', async () => {
    const store = testStore();
    await claimStage(store, 'merge', key, testHolder('run-dead'), alive);
    const outcomes = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        claimStage(store, 'merge', key, testHolder(`run-${index}`), gone),
      ),
    );
    const terms = outcomes.map((outcome) => (outcome as Extract<ClaimOutcome, { state: 'claimed' }>).term);
    expect(terms.sort((left, right) => left - right)).toEqual(
      Array.from({ length: 16 }, (_, index) => index + 2),
    );
  });

  it('answers the manifest of a published stage without asking who is alive', async () => {
    const store = testStore();
    const claim = await claimed(claimStage(store, 'merge', key, testHolder('run-a'), alive));
    await publishStage(store, 'merge', key, claim, manifestId);
    const outcome = await claimStage(store, 'merge', key, testHolder('run-b'), () => {
      throw new Error('asked');
    });
    expect(outcome).toMatchObject({ state: 'published', manifest_id: manifestId });
  });

  it('takes over from a holder that is gone and counts the fruitless attempt', async () => {
    const store = testStore();
    await claimStage(store, 'merge', key, testHolder('run-a'), alive);
    expect(await claimStage(store, 'merge', key, testHolder('run-b'), gone)).toMatchObject({
      state: 'claimed',
      term: 2,
      register: { attempts_without_progress: 1 },
    });
  });

  it('takes the next term of a released claim without asking and without counting it as fruitless', async () => {
    const store = testStore();
    const claim = await claimed(claimStage(store, 'merge', key, testHolder('run-a'), alive));
    await releaseStage(store, 'merge', key, claim, { asked: true });
    expect(await claimStage(store, 'merge', key, testHolder('run-b'), alive)).toMatchObject({
      state: 'claimed',
      term: 2,
      register: { attempts_without_progress: 0 },
    });
  });

  it('leaves the successor alone when a claim is released too late', async () => {
    const store = testStore();
    const claim = await claimed(claimStage(store, 'merge', key, testHolder('run-a'), alive));
    await claimStage(store, 'merge', key, testHolder('run-b'), gone);
    await releaseStage(store, 'merge', key, claim, { asked: true });
    expect(await claimStage(store, 'merge', key, testHolder('run-c'), alive)).toMatchObject({
      state: 'held',
      holder: { workflow_id: 'run-b' },
    });
  });

  it('recognises its own claim when the answer was lost', async () => {
    const network = await faultyNetwork(testServer().endpoint);
    const store = testStore({ endpoint: network.endpoint });
    network.loseAnswerTo(/^PUT .*\/stages\//);
    const holder = testHolder('run-a');
    expect(await claimStage(store, 'merge', key, holder, alive)).toMatchObject({
      state: 'claimed',
      term: 1,
      register: { holder },
    });
    expect(network.requests.filter((request) => request.startsWith('PUT'))).toHaveLength(2);
  });

  it('refuses a register of another version by name and place', async () => {
    const store = testStore();
    await claimStage(store, 'merge', key, testHolder('run-a'), alive);
    const place = `${store.prefix}/stages/merge/${key}.json`;
    await store.client.send(
      new PutObjectCommand({ Bucket: store.bucket, Key: place, Body: '{"nacre_register":2}' }),
    );
    await expect(claimStage(store, 'merge', key, testHolder('run-b'), alive)).rejects.toMatchObject({
      name: 'ContractViolation',
      message: expect.stringContaining(place) as string,
    });
  });
});

async function claimed(outcome: Promise<ClaimOutcome>) {
  const claim = await outcome;
  if (claim.state !== 'claimed') throw new Error(`expected a claim, got ${claim.state}`);
  return claim;
}
