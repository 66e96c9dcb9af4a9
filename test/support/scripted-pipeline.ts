import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { canonicalDigest, type ArtifactReference } from '@nacre/contracts/artifact';
import { CONTROL_QUEUE, DATA_QUEUE, gpuQueue } from '@nacre/contracts/queues';
import {
  PIPELINE_WORKFLOW,
  STAGE_SIGNAL,
  type ControlActivities,
  type StageCall,
} from '@nacre/contracts/run';
import { prepareNamespace, type LocalStack } from '@nacre/local-stack';
import { stageTable } from '@nacre/stages';
import {
  connectClient,
  connectWorker,
  pollersOf,
  registeredSearchAttributes,
  workerOptions,
  type ConnectedClient,
  type ConnectedWorker,
} from '@nacre/temporal-connection';
import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';

import { root, temporalProgram } from './workplace.js';

/** The workflow code that set-up built. */
export const workflowBundle = join(root, '.nacre/build/workflow-bundle.js');

/** What a stage does when its activity runs. */
export type StageScript = (call: StageCall, context: Context) => Promise<ArtifactReference>;
/** What a look-up answers. */
export type LookUpScript = (call: StageCall, context: Context) => Promise<ArtifactReference | null>;

/** Queues that a scripted pipeline works for. */
export type Role = 'control' | 'data' | 'gpu';

/** The build of a played worker: the workflow code it carries, and the deployment it says that it is of. */
export interface Build {
  /** File with the workflow bundle; the built one without it. */
  readonly bundle?: string;
  /** TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID, where it is versioned. */
  readonly deployment?: NodeJS.ProcessEnv;
}

interface PlayedWorker {
  readonly worker: Worker;
  readonly ended: Promise<void>;
}

/**
 * The real workflow bundle on a real Temporal server, in a namespace of its own, with activities that a test
 * scripts: stages and the store are played, everything between them is real.
 */
export class ScriptedPipeline {
  static #open = 0;
  readonly namespace: string;
  readonly address: string;
  /** Names of the stages whose activities ran, in order. */
  readonly carriedOut: string[] = [];
  /** Every run of this pipeline. */
  readonly started: WorkflowHandle[] = [];
  /** What the played store holds, by stage key. */
  readonly published = new Map<string, ArtifactReference>();
  /** Scripts by stage name; any other stage succeeds at once. */
  readonly scripts = new Map<string, StageScript>();
  lookUp: LookUpScript = ({ key }) => Promise.resolve(this.published.get(key) ?? null);
  readonly #client: ConnectedClient;
  readonly #connection: ConnectedWorker;
  readonly #workers: PlayedWorker[] = [];

  private constructor(namespace: string, client: ConnectedClient, connection: ConnectedWorker) {
    this.namespace = namespace;
    this.address = client.address;
    this.#client = client;
    this.#connection = connection;
  }

  /** Opens a namespace, with Nacre's search attributes unless told otherwise, and starts workers for the roles. */
  static async open(
    { temporal }: LocalStack,
    roles: readonly Role[] = ['control', 'data', 'gpu'],
    namespace?: string,
  ): Promise<ScriptedPipeline> {
    // The SDK's core ends with its last connection, and may be installed only when there is none.
    if (ScriptedPipeline.#open === 0) Runtime.install({ logger: new DefaultLogger('ERROR') });
    ScriptedPipeline.#open += 1;
    const name = namespace ?? `scripted-${randomUUID().slice(0, 8)}`;
    const { address, httpUrl } = temporal;
    if (namespace === undefined)
      await prepareNamespace({ httpUrl, address, namespace: name, temporalBinary: temporalProgram });
    const environment = {
      TEMPORAL_CONFIG_FILE: '/absent.toml',
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: name,
    };
    const pipeline = new ScriptedPipeline(
      name,
      await connectClient(environment),
      await connectWorker(environment),
    );
    for (const role of roles) await pipeline.work(role);
    return pipeline;
  }

  /** Starts a worker for one role; answers what stops it in order. */
  async work(role: Role, { bundle, deployment = {} }: Build = {}): Promise<() => Promise<void>> {
    const queues = { control: CONTROL_QUEUE, data: DATA_QUEUE, gpu: gpuQueue('local') };
    const worker = await Worker.create({
      connection: this.#connection.connection,
      namespace: this.namespace,
      ...workerOptions({ taskQueue: queues[role], graceSeconds: 0, stopSeconds: 10 }, deployment),
      ...(role === 'control'
        ? {
            workflowBundle: { codePath: bundle ?? workflowBundle },
            activities: { ...this.#control() },
          }
        : { activities: this.#stages(role === 'gpu' ? 'gpu' : 'cpu') }),
    });
    const played = { worker, ended: worker.run() };
    this.#workers.push(played);
    return () => stop(played);
  }

  /** Starts the pipeline as the Temporal CLI would: with any document. */
  async start(document: unknown, id = `run-${randomUUID().slice(0, 8)}`): Promise<WorkflowHandle> {
    const handle = await this.#client.client.workflow.start(PIPELINE_WORKFLOW, {
      taskQueue: CONTROL_QUEUE,
      workflowId: id,
      args: [document],
    });
    this.started.push(handle);
    return handle;
  }

  /** Forgets scripts, played store and what ran. */
  reset(): void {
    this.carriedOut.length = 0;
    this.published.clear();
    this.scripts.clear();
    this.lookUp = ({ key }) => Promise.resolve(this.published.get(key) ?? null);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map(stop));
    await this.#connection.connection.close();
    await this.#client.close();
    ScriptedPipeline.#open -= 1;
  }

  #control(): ControlActivities {
    const { client } = this.#client;
    return {
      lookUpStage: (call) => this.lookUp(call, Context.current()),
      describeSource: (uri) => Promise.resolve({ uri, etag: 'e', size: 1, version_id: null }),
      isQueuePolled: async (queue) =>
        (await pollersOf(client.connection, this.namespace, queue)).activity > 0,
      knownSearchAttributes: async () => [
        ...(await registeredSearchAttributes(client.connection, this.namespace)),
      ],
      publishRun: (_recipe, progress) => Promise.resolve([`runs/${progress.workflow_id}/${progress.state}`]),
    };
  }

  #stages(pool: 'cpu' | 'gpu'): Record<string, (call: StageCall) => Promise<ArtifactReference>> {
    const carryOut = async (call: StageCall) => {
      const context = Context.current();
      this.carriedOut.push(call.name);
      const { workflow_id, run_id } = call.run;
      await this.#client.client.workflow
        .getHandle(workflow_id, run_id)
        .signal(STAGE_SIGNAL, { name: call.name, phase: 'started', attempt: context.info.attempt });
      const made = await (this.scripts.get(call.name) ?? succeed)(call, context);
      this.published.set(call.key, made);
      return made;
    };
    return Object.fromEntries(
      stageTable.filter((stage) => stage.pool === pool).map(({ kind }) => [kind, carryOut]),
    );
  }
}

/** The artifact of a stage that succeeds: its content follows from its key. */
export function artifactOf({ kind, key }: StageCall): ArtifactReference {
  return { kind, manifest_id: key, content_id: canonicalDigest({ succeedby: key }), metrics: {} };
}

/** A stage that works until it is told to stop, and then needs a moment for its last step. */
export const workUntilTold: StageScript = async (_call, context) => {
  const beat = setInterval(() => {
    context.heartbeat();
  }, 100);
  try {
    return await context.cancelled;
  } finally {
    clearInterval(beat);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
};

const succeed: StageScript = (call) => Promise.resolve(artifactOf(call));

async function stop({ worker, ended }: PlayedWorker): Promise<void> {
  if (worker.getState() === 'RUNNING') worker.shutdown();
  await ended;
}
