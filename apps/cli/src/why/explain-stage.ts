import { listStageKeys, readManifest, readRegister, type ArtifactStore } from '@nacre/artifact-store';
import type { Manifest } from '@nacre/contracts/artifact';

import type { RecordedCall } from './recorded-calls.js';
import { stageDifferences, type Difference, type StageIdentity } from './stage-differences.js';

/** Who made an artifact, and when. */
export interface MadeBy {
  readonly manifest_id: string;
  readonly workflow_id: string;
  readonly run_id: string;
  /** Its name in that run. */
  readonly stage: string;
  readonly term: number;
  /** Identity of the worker; null where the register speaks of another artifact by now. */
  readonly worker: string | null;
  readonly git_commit: string;
  readonly at: string;
}

/** In what a stage differs from one that was made before. */
export interface Comparison {
  readonly stage: string;
  readonly compared_with: MadeBy;
  /** Empty: the same key was computed again and gave other bytes. */
  readonly differences: readonly Difference[];
}

/** Why a stage was reused or computed. */
export interface Explanation {
  readonly stage: string;
  readonly key: string;
  /** rerun: computed without a look-up, as it was asked. */
  readonly outcome: 'hit' | 'miss' | 'rerun';
  /** What was found or made; null: not made yet. */
  readonly made_by: MadeBy | null;
  /** Of a miss: the difference from the most alike stage made before, then that of its first other input, and so on. */
  readonly because: readonly Comparison[];
}

/** A manifest and its name. */
interface Named {
  readonly id: string;
  readonly manifest: Manifest;
}

/**
 * Explains a stage of a run from the call in its history and from what the store holds now.
 *
 * @throws StoreUnavailable, CorruptArtifact where a manifest that explains it is gone
 */
export async function explainStage(
  store: ArtifactStore,
  { call, found, made, askedAt }: RecordedCall,
): Promise<Explanation> {
  const { name, key, kind, version, parameters } = call;
  const artifact = found ?? made;
  const outcome = call.fresh ? 'rerun' : found === null ? 'miss' : 'hit';
  const because: Comparison[] = [];
  if (outcome === 'miss') {
    const contents = Object.entries(call.inputs).map(
      ([input, { content_id }]) => [input, content_id] as const,
    );
    let after: StageIdentity = { kind, version, parameters, inputs: Object.fromEntries(contents) };
    let ids: Readonly<Record<string, string>> = Object.fromEntries(
      Object.entries(call.inputs).map(([input, { manifest_id }]) => [input, manifest_id]),
    );
    let stage = name;
    let before = await mostAlike(store, name, key, after, askedAt);
    while (before !== undefined) {
      const differences = stageDifferences(await identityOf(store, before.manifest), after);
      because.push({ stage, compared_with: await madeBy(store, before), differences });
      const input = otherInput(differences, ids, before.manifest);
      if (input === undefined) break;
      const manifest = await readManifest(store, input.after);
      before = { id: input.before, manifest: await readManifest(store, input.before) };
      after = await identityOf(store, manifest);
      ids = manifest.inputs;
      stage = manifest.created_by.stage;
    }
  }
  return {
    stage: name,
    key,
    outcome,
    made_by:
      artifact === null
        ? null
        : await madeBy(store, {
            id: artifact.manifest_id,
            manifest: await readManifest(store, artifact.manifest_id),
          }),
    because,
  };
}

/** The stage of this kind and name, made before this one was asked for, that differs in the fewest fields. */
async function mostAlike(
  store: ArtifactStore,
  name: string,
  key: string,
  stage: StageIdentity,
  askedAt: number,
): Promise<Named | undefined> {
  let best: { readonly named: Named; readonly count: number } | undefined;
  for (const other of await listStageKeys(store, stage.kind)) {
    if (other === key) continue;
    const id = (await readRegister(store, stage.kind, other))?.register.manifest_id;
    if (id === undefined) continue;
    const manifest = await readManifest(store, id);
    if (manifest.created_by.stage !== name || Date.parse(manifest.created_at) > askedAt) continue;
    const count = stageDifferences(await identityOf(store, manifest), stage).length;
    const newer = best !== undefined && manifest.created_at > best.named.manifest.created_at;
    if (best === undefined || count < best.count || (count === best.count && newer))
      best = { named: { id, manifest }, count };
  }
  return best?.named;
}

/** The first input that has other bytes on both sides, as manifest ids. */
function otherInput(
  differences: readonly Difference[],
  after: Readonly<Record<string, string>>,
  before: Manifest,
): { readonly before: string; readonly after: string } | undefined {
  for (const { field } of differences) {
    const name = /^inputs\.(.+)$/.exec(field)?.[1] ?? '';
    const [old, current] = [before.inputs[name], after[name]];
    if (old !== undefined && current !== undefined) return { before: old, after: current };
  }
  return undefined;
}

async function identityOf(store: ArtifactStore, manifest: Manifest): Promise<StageIdentity> {
  const inputs = await Promise.all(
    Object.entries(manifest.inputs).map(
      async ([name, id]) => [name, (await readManifest(store, id)).content_id] as const,
    ),
  );
  const { kind, parameters, created_by } = manifest;
  return { kind, version: created_by.stage_version, parameters, inputs: Object.fromEntries(inputs) };
}

async function madeBy(store: ArtifactStore, { id, manifest }: Named): Promise<MadeBy> {
  const { workflow_id, run_id, stage, term, git_commit, stage_key } = manifest.created_by;
  const register = (await readRegister(store, manifest.kind, stage_key))?.register;
  const worker = register?.manifest_id === id ? register.holder.worker : null;
  return { manifest_id: id, workflow_id, run_id, stage, term, worker, git_commit, at: manifest.created_at };
}
