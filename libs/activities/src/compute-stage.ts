import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { diskFull, fetchArtifact, noSpace, publishArtifact } from '@nacre/artifact-store';
import type { Environment } from '@nacre/contracts/artifact';
import { ContractViolation } from '@nacre/contracts/errors';
import type { StageCall } from '@nacre/contracts/run';
import { stageDefinition } from '@nacre/stages';

import type { AttemptPart } from './attempt-books.js';
import type { ActivityDependencies } from './dependencies.js';
import type { StageContext } from './stage-context.js';
import { stageImplementations } from './stage-implementations.js';
import { keepStageLog } from './stage-log.js';
import { markOwner } from './work-owner.js';

/** What an implementation is given by the attempt that computes, beside its folders. */
export type AttemptContext = Pick<
  StageContext,
  'call' | 'term' | 'signal' | 'report' | 'heard' | 'durable' | 'devices'
>;

/**
 * Fetches the inputs of a stage, computes it and uploads the artifact. Answers the manifest, which is
 * in the store and nobody's yet. The work folder is this attempt's alone and is gone afterwards.
 *
 * @param begins told of each part of the work
 * @throws DoesNotFit naming the work folder when its disk is full; whatever ended the work
 */
export async function computeStage(
  attempt: AttemptContext,
  dependencies: ActivityDependencies,
  begins: (part: AttemptPart) => void,
): Promise<string> {
  const { call, term, signal } = attempt;
  const { store, installation, tasks } = dependencies;
  await mkdir(installation.workFolder, { recursive: true });
  // Nobody else's, whatever was left by an attempt of the same term: one in another store, or afresh.
  const work = await mkdtemp(join(installation.workFolder, `${call.key.slice(0, 16)}-${String(term)}.`));
  const output = join(work, 'output');
  try {
    await markOwner(work);
    await mkdir(output);
    attempt.report({ phase: 'fetch' });
    begins('load');
    const inputs: Record<string, string> = {};
    for (const [name, { manifest_id }] of Object.entries(call.inputs)) {
      const folder = join(work, 'inputs', name);
      await fetchArtifact(store, manifest_id, { cacheFolder: installation.cacheFolder, folder, signal });
      inputs[name] = folder;
    }
    const implementation = stageImplementations.get(call.kind);
    if (implementation === undefined)
      throw new ContractViolation(`no implementation of ${call.kind} in this build`);
    try {
      attempt.report({ phase: 'run' });
      begins(stageDefinition(call.kind)?.task === undefined ? 'step' : 'task');
      const { metrics, environment } = await implementation({
        ...attempt,
        inputs,
        output,
        work,
        store,
        tasks,
      });
      signal.throwIfAborted();
      attempt.report({ phase: 'upload' });
      begins('publish');
      const { manifest_id } = await publishArtifact(store, {
        kind: call.kind,
        folder: output,
        created_by: {
          ...call.run,
          term,
          git_commit: installation.gitCommit,
          stage: call.name,
          stage_key: call.key,
          stage_version: call.version,
        },
        environment: { ...environment, ...executionOf(call) },
        parameters: call.parameters,
        inputs: Object.fromEntries(
          Object.entries(call.inputs).map(([name, input]) => [name, input.manifest_id]),
        ),
        metrics,
        signal,
      });
      return manifest_id;
    } finally {
      await keepStageLog(store, call, work);
    }
  } catch (error) {
    // A write to an open file does not say where it was; a folder that cannot be made has its own path.
    throw diskFull(error) ? noSpace(work, error) : error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What of the execution may decide bytes: bytes are promised for one micro-batch plan and world size. */
function executionOf({ kind, execution }: StageCall): Environment {
  if (stageDefinition(kind)?.pool !== 'gpu') return {};
  const { rung, micro_batch_tokens, gpus } = execution;
  return { rung, micro_batch_tokens, ranks: gpus };
}
