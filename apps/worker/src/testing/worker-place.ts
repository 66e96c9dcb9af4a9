import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openStore, readRegister, type ArtifactStore } from '@nacre/artifact-store';
import type { ArtifactReference, StageRegister } from '@nacre/contracts/artifact';
import { gpuQueue } from '@nacre/contracts/queues';
import type { StageCall } from '@nacre/contracts/run';
import { connectClient, type ConnectedClient } from '@nacre/temporal-connection';

import { playedInterpreter } from './played-interpreter.js';
import { WorkerProcess } from './worker-process.js';

/** A stage that was given to the workers, as Temporal sees it. */
export interface PlayedActivity {
  result(): Promise<ArtifactReference>;
  describe(): Promise<{
    readonly attempt: number;
    readonly lastStartedTime?: Date | undefined;
    readonly lastAttemptCompleteTime?: Date | undefined;
    /** Undefined when it has ended. */
    readonly runState?: unknown;
  }>;
  cancel(reason: string): Promise<void>;
  /** As `temporal activity pause` and `unpause`. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
}

/** Servers and a namespace to work in. */
export interface Servers {
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly s3: {
    readonly endpoint: string;
    readonly region: string;
    readonly bucket: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
}

/**
 * Real workers for one pool of their own, with played interpreters and GPUs that a small script speaks
 * for; stages come to them as activities without a workflow, retried as a run's are.
 */
export class WorkerPlace {
  readonly folder = mkdtempSync(join(tmpdir(), 'nacre-workers-'));
  readonly store: ArtifactStore;
  readonly environment: NodeJS.ProcessEnv;
  readonly #temporal: ConnectedClient;
  readonly #pool = randomUUID().slice(0, 8);
  readonly #workers: WorkerProcess[] = [];
  #nodes = 0;

  private constructor(temporal: ConnectedClient, { temporal: server, s3 }: Servers) {
    this.#temporal = temporal;
    const prefix = `test/${randomUUID()}`;
    const { endpoint, region, bucket, ...credentials } = s3;
    this.store = openStore({ endpoint, region, bucket, prefix, credentials });
    const probe = join(this.folder, 'probe');
    writeFileSync(probe, '#!/bin/sh\nfor id in 0 1 2 3; do echo "$id, 0, 1000"; done\n');
    chmodSync(probe, 0o700);
    this.environment = {
      HOME: this.folder,
      TEMPORAL_CONFIG_FILE: '/absent.toml',
      TEMPORAL_ADDRESS: server.address,
      TEMPORAL_NAMESPACE: server.namespace,
      NACRE_S3_ENDPOINT: endpoint,
      NACRE_S3_BUCKET: bucket,
      NACRE_S3_PREFIX: prefix,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      NACRE_PYTHON: playedInterpreter(this.folder),
      NACRE_WARM_PARENT: 'off',
      NACRE_GPU_PROBE: probe,
      NACRE_DEVICE_LOCKS: join(this.folder, 'locks'),
    };
  }

  static async open(servers: Servers): Promise<WorkerPlace> {
    const temporal = await connectClient({
      TEMPORAL_CONFIG_FILE: '/absent.toml',
      TEMPORAL_ADDRESS: servers.temporal.address,
      TEMPORAL_NAMESPACE: servers.temporal.namespace,
    });
    return new WorkerPlace(temporal, servers);
  }

  /** A worker with these GPUs and a work folder of its own. */
  async worker(...gpus: readonly number[]): Promise<WorkerProcess> {
    const workFolder = join(this.folder, `node-${String(this.#nodes)}`);
    this.#nodes += 1;
    const worker = await WorkerProcess.start(this.#pool, gpus, {
      ...this.environment,
      NACRE_WORK_FOLDER: workFolder,
    });
    this.#workers.push(worker);
    return worker;
  }

  /** Two live workers with one GPU each, started where fewer live. */
  async twoWorkers(): Promise<readonly WorkerProcess[]> {
    const living = this.#workers.filter(({ alive }) => alive);
    const missing = Array.from({ length: 2 - living.length }, () => this.worker(this.#nodes % 4));
    return [...living, ...(await Promise.all(missing))];
  }

  /** Gives the stage to whichever worker takes it. */
  start(call: StageCall, heartbeatMilliseconds = 2000): Promise<PlayedActivity> {
    return this.#temporal.client.activity.start<ArtifactReference>(call.kind, {
      id: call.run.workflow_id,
      taskQueue: gpuQueue(this.#pool),
      args: [call],
      startToCloseTimeout: '1 hour',
      heartbeatTimeout: heartbeatMilliseconds,
      // As workflows/src/run-stage.ts.
      retry: { initialInterval: '1s', maximumInterval: '1 minute' },
    });
  }

  /** As `temporal activity reset`: the attempt that runs is told to stop, and the count of attempts begins anew. */
  async reset(call: StageCall): Promise<void> {
    const { connection, namespace } = this.#temporal;
    const activityId = call.run.workflow_id;
    await connection.workflowService.resetActivityExecution({
      namespace,
      activityId,
      resourceId: `activity:${activityId}`,
      requestId: randomUUID(),
    });
  }

  async register({ kind, key }: StageCall): Promise<StageRegister | undefined> {
    return (await readRegister(this.store, kind, key))?.register;
  }

  /** The worker that holds the stage's claim. */
  async holder(call: StageCall): Promise<WorkerProcess | undefined> {
    const register = await this.register(call);
    if (register?.state !== 'claimed') return undefined;
    return this.#workers.find(
      ({ pid, alive }) => alive && register.holder.worker.startsWith(`${String(pid)}@`),
    );
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) worker.signal('SIGKILL');
    await Promise.all(this.#workers.map(({ ended }) => ended));
    await this.#temporal.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
