import { randomUUID } from 'node:crypto';

import { keepCheckpoints, readManifest } from '@nacre/artifact-store';
import type { ArtifactReference, Holder } from '@nacre/contracts/artifact';
import { ContractViolation, DeviceFault } from '@nacre/contracts/errors';
import { stageCallSchema, STAGE_SIGNAL, type StageCall, type StageSignal } from '@nacre/contracts/run';
import { stageDefinition } from '@nacre/stages';
import { ApplicationFailure, Context } from '@temporalio/activity';

import { AttemptBooks } from './attempt-books.js';
import { computeStage } from './compute-stage.js';
import type { ActivityDependencies } from './dependencies.js';
import type { LeasedDevices } from './device-leases.js';
import { toFailure } from './failure.js';
import { HeartbeatTimer } from './heartbeat-timer.js';
import { leaseDevices } from './lease-devices.js';
import { LedgerKeeper } from './ledger-keeper.js';
import { openStage } from './open-stage.js';
import type { OpenedStage } from './opened-stage.js';

const LEDGER_MILLISECONDS = 10_000;

/**
 * The activity of every stage kind: lease its GPUs, claim the stage in its register, fetch its
 * inputs, compute, publish bytes, manifest and register in that order. Whatever ends it leaves nothing
 * half-published, gives the claim back and frees the GPUs; what it did with its time is in the books.
 *
 * @throws ApplicationFailure named after the Nacre error; CancelledFailure on cancellation and shutdown
 */
export async function carryOutStage(
  document: unknown,
  dependencies: ActivityDependencies,
): Promise<ArtifactReference> {
  const call = parseCall(document);
  const books = new AttemptBooks();
  const heartbeat = new HeartbeatTimer(Context.current(), call.name);
  let devices: LeasedDevices | null = null;
  try {
    assertVersion(call);
    const { cancellationSignal } = Context.current();
    devices = await leaseDevices(dependencies, call, heartbeat, cancellationSignal);
    heartbeat.report({ phase: 'claim' });
    const opened = await openStage(dependencies, call, holderOf(call, dependencies));
    if ('manifest_id' in opened) return await referenceTo(dependencies, opened.manifest_id);
    const manifestId = await attempt(call, opened, devices, books, heartbeat, dependencies);
    return await referenceTo(dependencies, manifestId);
  } catch (error) {
    if (error instanceof DeviceFault) dependencies.onDeviceFault(error);
    // Temporal says itself why it stopped an attempt: cancel, pause, shutdown.
    if (Context.current().cancellationSignal.aborted) await Context.current().cancelled;
    throw toFailure(error);
  } finally {
    heartbeat.stop();
    await devices?.release();
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

/**
 * Computes and publishes what this attempt has opened; answers the manifest that the register names.
 *
 * @throws whatever ended it; the stage is given back then
 */
async function attempt(
  call: StageCall,
  opened: OpenedStage,
  devices: LeasedDevices | null,
  books: AttemptBooks,
  heartbeat: HeartbeatTimer,
  dependencies: ActivityDependencies,
): Promise<string> {
  const { store, worker, ledgerMilliseconds = LEDGER_MILLISECONDS } = dependencies;
  const { term, lost } = opened;
  const { cancellationSignal, info } = Context.current();
  const keeper = new LedgerKeeper(
    store,
    call.run.workflow_id,
    () => books.ledger(call, term, worker),
    ledgerMilliseconds,
  );
  try {
    await signal(dependencies, call, { name: call.name, phase: 'started', attempt: info.attempt });
    const manifestId = await computeStage(
      {
        call,
        term,
        devices,
        signal: AbortSignal.any([cancellationSignal, lost]),
        report: (progress) => {
          heartbeat.report(progress);
        },
        heard: (event) => {
          books.hear(event);
        },
        durable: async (checkpoint) => {
          books.durable(checkpoint);
          heartbeat.report({ durable_step: checkpoint.step });
          void keeper.write();
          await opened.durable(checkpoint.step);
        },
      },
      dependencies,
      (part) => {
        books.begin(part);
      },
    );
    heartbeat.report({ phase: 'publish' });
    const { manifest_id, diverged } = await opened.publish(manifestId);
    if (diverged) {
      Context.current().log.warn(
        'another holder published other bytes for this stage first; they are adopted',
        { stage: call.name, mine: manifestId, adopted: manifest_id },
      );
    }
    // The stage is done whether or not its checkpoints can be removed now; `gc` finds them.
    await keepCheckpoints(store, call.key, 0).catch(() => undefined);
    books.end('done', null);
    return manifest_id;
  } catch (error) {
    const ending: unknown = lost.aborted ? lost.reason : error;
    const asked = wasAsked(Context.current());
    books.end(asked ? 'stopped' : 'failed', asked ? null : nameOf(ending));
    await opened.release(asked).catch(() => undefined);
    throw ending;
  } finally {
    await keeper.close();
  }
}

function nameOf(error: unknown): string | null {
  const failure = toFailure(error);
  return failure instanceof ApplicationFailure ? (failure.type ?? null) : failure.name;
}

/** Whether a person or a deployment stopped the attempt; a server that no longer waits for it did not ask. */
function wasAsked({ cancellationSignal, cancellationDetails }: Context): boolean {
  return (
    cancellationSignal.aborted &&
    cancellationDetails?.notFound !== true &&
    cancellationDetails?.timedOut !== true
  );
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

function holderOf(call: StageCall, { address, namespace, worker }: ActivityDependencies): Holder {
  const { activityId, attempt } = Context.current().info;
  return {
    address,
    namespace,
    ...call.run,
    activity_id: activityId,
    attempt,
    worker,
    nonce: randomUUID(),
  };
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
