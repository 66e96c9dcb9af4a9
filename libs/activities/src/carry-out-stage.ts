import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import {
  claimStage,
  fetchArtifact,
  publishArtifact,
  publishStage,
  readManifest,
  releaseStage,
  type StageClaim,
} from '@nacre/artifact-store';
import { type ArtifactReference, type Holder } from '@nacre/contracts/artifact';
import { ContractViolation, StageHeld } from '@nacre/contracts/errors';
import { stageCallSchema, STAGE_SIGNAL, type StageCall, type StageSignal } from '@nacre/contracts/run';
import { stageDefinition } from '@nacre/stages';
import { Context } from '@temporalio/activity';

import type { ActivityDependencies } from './dependencies.js';
import { toFailure } from './failure.js';
import { HeartbeatTimer } from './heartbeat-timer.js';
import { isHolderLive } from './holder-liveness.js';
import { keepStageLog } from './stage-log.js';
import type { StageContext } from './stage-context.js';
import { stageImplementations } from './stage-implementations.js';

/**
 * The activity of every stage kind: claim the stage in its register, fetch its inputs, compute,
 * publish bytes, manifest and register in that order. Whatever ends it leaves nothing half-published;
 * a clean stop gives the claim back.
 *
 * @throws ApplicationFailure named after the Nacre error; CancelledFailure on cancellation and shutdown
 */
export async function carryOutStage(
  document: unknown,
  dependencies: ActivityDependencies,
): Promise<ArtifactReference> {
  const { cancellationSignal, cancelled, info } = Context.current();
  const call = parseCall(document);
  const heartbeat = new HeartbeatTimer(Context.current(), call.name);
  const { kind, key } = call;
  const { store } = dependencies;
  let claim: StageClaim | undefined;
  try {
    assertVersion(call);
    heartbeat.report({ phase: 'claim' });
    const holder = holderOf(call, info.activityId, info.attempt, dependencies);
    const outcome = await claimStage(store, kind, key, holder, (other, register) =>
      isHolderLive(dependencies.client, { ...dependencies, ...call.run }, other, register),
    );
    if (outcome.state === 'published') return await referenceTo(dependencies, outcome.manifest_id);
    if (outcome.state === 'held') throw heldBy(call, outcome.holder);
    claim = outcome;
    await signal(dependencies, call, { name: call.name, phase: 'started', attempt: info.attempt });
    const manifestId = await compute(call, claim, dependencies, heartbeat, cancellationSignal);
    heartbeat.report({ phase: 'publish' });
    const publication = await publishStage(store, kind, key, claim, manifestId);
    if (publication.state === 'adopted' && publication.diverged) {
      Context.current().log.warn(
        'another holder published other bytes for this stage first; they are adopted',
        {
          stage: call.name,
          mine: manifestId,
          adopted: publication.manifest_id,
        },
      );
    }
    return await referenceTo(dependencies, publication.manifest_id);
  } catch (error) {
    if (claim !== undefined) await releaseStage(store, kind, key, claim).catch(() => undefined);
    // Says why it stopped (cancel, pause, shutdown) in the way that Temporal understands.
    if (cancellationSignal.aborted) await cancelled;
    throw toFailure(error);
  } finally {
    heartbeat.stop();
  }
}

/** The reference to a manifest in the store. */
export async function referenceTo(
  { store }: Pick<ActivityDependencies, 'store'>,
  manifestId: string,
): Promise<ArtifactReference> {
  const { kind, content_id, metrics } = await readManifest(store, manifestId);
  return { kind, manifest_id: manifestId, content_id, metrics };
}

/** The error of a stage that another live run works on. */
export function heldBy(call: StageCall, holder: Holder): StageHeld {
  return new StageHeld(
    `${call.name}: the run ${holder.workflow_id} is computing the same stage; its result will be used when it is there`,
    { workflow_id: holder.workflow_id, run_id: holder.run_id },
  );
}

async function compute(
  call: StageCall,
  claim: StageClaim,
  dependencies: ActivityDependencies,
  heartbeat: HeartbeatTimer,
  cancellation: AbortSignal,
): Promise<string> {
  const { store, installation, tasks } = dependencies;
  const work = join(installation.workFolder, `${call.key.slice(0, 16)}-${String(claim.term)}`);
  const output = join(work, 'output');
  await mkdir(output, { recursive: true });
  try {
    heartbeat.report({ phase: 'fetch' });
    const inputs: Record<string, string> = {};
    for (const [name, { manifest_id }] of Object.entries(call.inputs)) {
      const folder = join(work, 'inputs', name);
      await fetchArtifact(store, manifest_id, {
        cacheFolder: installation.cacheFolder,
        folder,
        signal: cancellation,
      });
      inputs[name] = folder;
    }
    heartbeat.report({ phase: 'run' });
    const context: StageContext = {
      call,
      inputs,
      output,
      work,
      store,
      tasks,
      signal: cancellation,
      report: (progress) => {
        heartbeat.report(progress);
      },
    };
    const implementation = stageImplementations.get(call.kind);
    if (implementation === undefined)
      throw new ContractViolation(`no implementation of ${call.kind} in this build`);
    try {
      const { metrics, environment } = await implementation(context);
      cancellation.throwIfAborted();
      heartbeat.report({ phase: 'upload' });
      const { manifest_id } = await publishArtifact(store, {
        kind: call.kind,
        folder: output,
        created_by: {
          ...call.run,
          term: claim.term,
          git_commit: installation.gitCommit,
          stage: call.name,
          stage_key: call.key,
          stage_version: call.version,
        },
        environment,
        parameters: call.parameters,
        inputs: Object.fromEntries(
          Object.entries(call.inputs).map(([name, input]) => [name, input.manifest_id]),
        ),
        metrics,
        signal: cancellation,
      });
      return manifest_id;
    } finally {
      await keepStageLog(store, call, work);
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function parseCall(document: unknown): StageCall {
  const parsed = stageCallSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw toFailure(
    new ContractViolation(`the call of a stage is not what this build expects: ${parsed.error.message}`),
  );
}

function assertVersion(call: StageCall): void {
  const definition = stageDefinition(call.kind);
  if (definition?.version !== call.version) {
    throw new ContractViolation(
      `the run asks for ${call.kind} version ${String(call.version)}, this worker has ${String(definition?.version)}; ` +
        'start a worker of the build that the run was started with, or `npx nacre restart` the run on this one',
    );
  }
}

function holderOf(
  call: StageCall,
  activity_id: string,
  attempt: number,
  { address, namespace, worker }: ActivityDependencies,
): Holder {
  return { address, namespace, ...call.run, activity_id, attempt, worker, nonce: randomUUID() };
}

/** Tells the run how far the stage is. A run that is gone, or a server that is away, does not stop the work. */
async function signal(
  { client }: ActivityDependencies,
  call: StageCall,
  message: StageSignal,
): Promise<void> {
  const { workflow_id, run_id } = call.run;
  await client.workflow
    .getHandle(workflow_id, run_id)
    .signal(STAGE_SIGNAL, message)
    .catch(() => undefined);
}
