import { join } from 'node:path';

import { enterLedger, fetchArtifact, readLedger, readRegister } from '@nacre/artifact-store';
import { canonicalDigest } from '@nacre/contracts/artifact';
import { CorruptArtifact } from '@nacre/contracts/errors';
import type { StageCall } from '@nacre/contracts/run';
import { exportLogits as definition } from '@nacre/stages';

import type { StageContext, StageImplementation } from '../stage-context.js';

/**
 * Logits of a model on chosen rows. What other exports of the very same model have found is handed to the task as
 * inputs `ledger-<n>`, which are no part of the stage's key: rows with the same tokens are not computed again. A
 * stage that is computed afresh computes everything.
 */
export const exportLogits: StageImplementation = async (context) => {
  const model = modelOf(context.call);
  const earlier = context.call.fresh ? {} : await earlierExports(context, model);
  await enterLedger(context.store, model, context.call.key, context.signal);
  return context.tasks('export-logits', { ...context, inputs: { ...context.inputs, ...earlier } });
};

/**
 * Digest of everything but the rows that decides a logit; the rows' cells are digests of their tokens. Another device
 * rounds otherwise by more than another micro-batch does.
 */
function modelOf({ kind, version, parameters, inputs, execution: { device } }: StageCall): string {
  const { labels, dtype } = definition.parameters.parse(parameters);
  const contents = {
    base: inputs['base']?.content_id ?? null,
    adapter: inputs['adapter']?.content_id ?? null,
  };
  return canonicalDigest({ kind, version, labels, dtype, device, ...contents });
}

async function earlierExports(context: StageContext, model: string): Promise<Record<string, string>> {
  const { call, store, signal, work } = context;
  const folders: Record<string, string> = {};
  for (const stageKey of await readLedger(store, model, signal)) {
    const found = stageKey === call.key ? undefined : await readRegister(store, call.kind, stageKey, signal);
    if (found?.register.state !== 'published' || found.register.manifest_id === undefined) continue;
    const name = `ledger-${String(Object.keys(folders).length)}`;
    const folder = join(work, 'ledger', name);
    const places = { folder, cacheFolder: join(work, 'ledger-blobs'), signal };
    try {
      await fetchArtifact(store, found.register.manifest_id, places);
      folders[name] = folder;
    } catch (error) {
      // What is lost or damaged is computed again; the ledger only saves time.
      if (!(error instanceof CorruptArtifact)) throw error;
    }
  }
  return folders;
}
