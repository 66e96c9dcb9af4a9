import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  claimStage,
  publishArtifact,
  publishStage,
  readManifest,
  type PublishedArtifact,
} from '@nacre/artifact-store';
import { canonicalDigest } from '@nacre/contracts/artifact';
import { expect, onTestFinished, test } from 'vitest';

import { blindLooks } from './blind-looks.js';
import { testStoreOf } from './testing/test-store-of.js';

const store = testStoreOf(`blind-looks-${randomUUID()}`);

/** Publishes a stage of one file, as a worker does. */
async function made(
  kind: string,
  text: string,
  inputs: Readonly<Record<string, PublishedArtifact>> = {},
  run = 'run-1',
): Promise<PublishedArtifact> {
  const folder = await mkdtemp(join(tmpdir(), 'nacre-looks-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'file.txt'), text);
  const stage_key = canonicalDigest([kind, text, run, Object.keys(inputs)]);
  const draft = {
    ...{ kind, folder, environment: {}, parameters: {}, metrics: {} },
    created_by: {
      ...{ workflow_id: run, run_id: run, term: 1, git_commit: 'unknown' },
      ...{ stage: kind, stage_key, stage_version: 1 },
    },
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, { manifest_id }]) => [name, manifest_id])),
  };
  const artifact = await publishArtifact(store, draft);
  const holder = {
    ...{
      address: 'a',
      namespace: 'n',
      workflow_id: run,
      run_id: run,
      activity_id: '1',
      attempt: 1,
      worker: 'w',
    },
    nonce: randomUUID(),
  };
  const claim = await claimStage(store, kind, stage_key, holder, () => Promise.resolve(false));
  if (claim.state !== 'claimed') throw new Error('the stage is taken');
  await publishStage(store, kind, stage_key, claim, artifact.manifest_id);
  return artifact;
}

test('the looks at blind rows are the measurements and gates over folds of the same bytes, whoever made those', async () => {
  const folds = await made('assign_folds', 'the folds');
  const others = await made('assign_folds', 'other folds');
  // The same bytes by another run: another manifest, the same blind rows.
  const again = await made('assign_folds', 'the folds', {}, 'run-2');
  expect(again.manifest_id).not.toBe(folds.manifest_id);
  const first = await made('measure', 'one', { folds });
  expect(await blindLooks(store, first.manifest)).toBe(1);
  const second = await made('measure', 'two', { folds: again });
  await made('cost_gate', 'three', { folds });
  await made('measure', 'four', { folds: others });
  await made('merge', 'no look', { folds });
  expect(await blindLooks(store, first.manifest)).toBe(3);
  expect(await blindLooks(store, await readManifest(store, second.manifest_id))).toBe(3);
});
