import { randomUUID } from 'node:crypto';

import {
  claimStage,
  publishArtifact,
  publishStage,
  storeFromEnvironment,
  type ArtifactStore,
} from '@nacre/artifact-store';
import type { ArtifactReference } from '@nacre/contracts/artifact';
import { stageKey } from '@nacre/stages';
import { beforeAll, expect, it } from 'vitest';

import { temporaryFolder } from '../temporary-folder.fixture.js';
import { ownServers } from '../testing/own-servers.js';
import { explainStage } from './explain-stage.js';
import { explanationText } from './explanation-text.js';
import type { RecordedCall } from './recorded-calls.js';

const servers = ownServers();
let store: ArtifactStore;
beforeAll(() => {
  store = storeFromEnvironment(servers().environment);
});

interface Made {
  readonly name: string;
  readonly version: number;
  readonly inputs: Readonly<Record<string, ArtifactReference>>;
  readonly text: string;
}

const identity = ({ version, inputs }: Pick<Made, 'version' | 'inputs'>) => ({
  kind: 'merge',
  version,
  parameters: { method: 'product_mean' },
  inputs: Object.fromEntries(Object.entries(inputs).map(([input, { content_id }]) => [input, content_id])),
});

/** Publishes a stage of a run as its activity would, with that text as its bytes. */
async function make(run: string, { name, version, inputs, text }: Made): Promise<ArtifactReference> {
  const own = identity({ version, inputs });
  const key = stageKey(own);
  const { manifest_id, manifest } = await publishArtifact(store, {
    kind: own.kind,
    folder: temporaryFolder({ 'out.txt': text }),
    created_by: {
      workflow_id: run,
      run_id: `${run}-1`,
      term: 1,
      git_commit: 'unknown',
      stage: name,
      stage_key: key,
      stage_version: version,
    },
    environment: {},
    parameters: own.parameters,
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([input, artifact]) => [input, artifact.manifest_id]),
    ),
    metrics: {},
  });
  const holder = {
    address: 'a',
    namespace: 'n',
    workflow_id: run,
    run_id: `${run}-1`,
    activity_id: '1',
    attempt: 1,
    worker: '7@gpu',
    nonce: randomUUID(),
  };
  const claim = await claimStage(store, own.kind, key, holder, () => Promise.resolve(true));
  if (claim.state === 'claimed') await publishStage(store, own.kind, key, claim, manifest_id);
  return { kind: own.kind, manifest_id, content_id: manifest.content_id, metrics: {} };
}

/** The call of a later run that found nothing. */
function missed({ name, version, inputs }: Omit<Made, 'text'>): RecordedCall {
  const { parameters, kind } = identity({ version, inputs });
  return {
    call: {
      key: stageKey(identity({ version, inputs })),
      kind,
      version,
      name,
      parameters,
      inputs,
      fresh: false,
    },
    askedAt: Date.now() + 1000,
    found: null,
    made: null,
  };
}

it('a raised version is the reason', async () => {
  await make('before', { name: 'raised', version: 1, inputs: {}, text: 'one' });
  const explanation = await explainStage(store, missed({ name: 'raised', version: 2, inputs: {} }));
  expect(explanation).toMatchObject({ outcome: 'miss', made_by: null });
  expect(explanation.because).toMatchObject([
    {
      compared_with: { workflow_id: 'before', worker: '7@gpu', term: 1 },
      differences: [{ field: 'version', before: 1, after: 2 }],
    },
  ]);
  expect(explanationText(explanation)).toMatch(/\n {2}not made yet\n[^]+\n {4}version: 1 → 2$/);
});

it('an input that was computed again under the same key, to other bytes, is named as that', async () => {
  const input = { name: 'base', version: 1, inputs: {} };
  const old = await make('before', { ...input, text: 'old bytes' });
  const fresh = await make('again', { ...input, text: 'new bytes' });
  await make('before', { name: 'reader', version: 1, inputs: { base: old }, text: 'read' });
  const explanation = await explainStage(
    store,
    missed({ name: 'reader', version: 1, inputs: { base: fresh } }),
  );
  expect(explanation.because.map(({ stage, differences }) => [stage, differences])).toEqual([
    ['reader', [{ field: 'inputs.base', before: old.content_id, after: fresh.content_id }]],
    ['base', []],
  ]);
  expect(explanationText(explanation)).toContain('the same key was computed again, to other bytes');
});

it('of several stages made before, the one with the fewest differences is compared', async () => {
  const [one, two] = [
    await make('before', { name: 'one', version: 1, inputs: {}, text: 'one' }),
    await make('before', { name: 'two', version: 2, inputs: {}, text: 'two' }),
  ];
  const several = { name: 'several', version: 3 };
  await make('far', { ...several, version: 1, inputs: { a: one, b: one }, text: 'far' });
  await make('near', { ...several, inputs: { a: two, b: one }, text: 'near' });
  await make('another name', { name: 'other', version: 3, inputs: { a: two, b: one, c: two }, text: 'no' });
  const explanation = await explainStage(store, missed({ ...several, inputs: { a: two, b: two } }));
  expect(explanation.because[0]?.compared_with.workflow_id).toBe('near');
});
