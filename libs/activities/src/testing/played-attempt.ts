import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  claimStage,
  getRunFile,
  listRunFiles,
  readRegister,
  type ArtifactStore,
  type StageClaim,
} from '@nacre/artifact-store';
import type { ArtifactReference, Holder } from '@nacre/contracts/artifact';
import {
  attemptLedgerSchema,
  type AttemptLedger,
  type Heartbeat,
  type StageCall,
} from '@nacre/contracts/run';
import { stageDefinition } from '@nacre/stages';
import { connectClient, type ConnectedClient } from '@nacre/temporal-connection';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

import { carryOutStage } from '../carry-out-stage.js';
import type { ActivityDependencies } from '../dependencies.js';
import { repositoryFolder } from '../installation.js';
import type { TaskRunner } from '../stage-context.js';
import { testStoreOf } from './test-store-of.js';

const setting = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run with vitest.servers.config.mts`);
  return value;
};

/** One attempt of a stage under way. */
export interface PlayedAttempt {
  readonly ended: Promise<ArtifactReference>;
  /** Details of its heartbeats so far. */
  readonly beats: readonly Heartbeat[];
  readonly environment: MockActivityEnvironment;
}

/**
 * A place where attempts of one stage are made on the real store and the real Temporal server: only
 * the activity's envelope and, where a test says so, the Python task are played.
 */
export class PlayedStagePlace {
  readonly store: ArtifactStore;
  readonly call: StageCall;
  readonly folder = mkdtempSync(join(tmpdir(), 'nacre-attempts-'));
  readonly #temporal: ConnectedClient;

  private constructor(temporal: ConnectedClient, kind: string, parameters: Record<string, unknown>) {
    this.#temporal = temporal;
    this.store = testStoreOf(randomUUID());
    this.call = {
      key: 'c0'.repeat(32),
      kind,
      version: stageDefinition(kind)?.version ?? 0,
      name: `${kind}/fold-0`,
      parameters,
      inputs: {},
      execution: {
        device: 'cpu',
        threads: 1,
        micro_batch_tokens: 512,
        stall_timeout: '15m',
        heartbeat_timeout: '90s',
        gpus: 1,
        rung: 1,
        checkpoint_every: '10m',
        checkpoints_kept: 2,
      },
      fresh: false,
      run: { workflow_id: `run-${randomUUID()}`, run_id: randomUUID() },
    };
  }

  static async open(
    kind = 'train_teacher',
    parameters: Record<string, unknown> = {},
  ): Promise<PlayedStagePlace> {
    const temporal = await connectClient({
      TEMPORAL_CONFIG_FILE: '/absent.toml',
      TEMPORAL_ADDRESS: setting('NACRE_TEST_TEMPORAL_ADDRESS'),
      TEMPORAL_NAMESPACE: setting('NACRE_TEST_TEMPORAL_NAMESPACE'),
    });
    return new PlayedStagePlace(temporal, kind, parameters);
  }

  /** Begins an attempt, Temporal's first or another, whose task is `task`; anything given replaces what a worker would have. */
  attempt(
    task: TaskRunner,
    changes: Partial<ActivityDependencies> = {},
    call: Partial<StageCall> = {},
    number = 1,
  ): PlayedAttempt {
    const environment = new MockActivityEnvironment(
      { heartbeatTimeoutMs: 90_000, attempt: number },
      { logger: new DefaultLogger('ERROR') },
    );
    const beats: Heartbeat[] = [];
    environment.on('heartbeat', (details: Heartbeat) => beats.push(details));
    const { client, address, namespace } = this.#temporal;
    const ended: Promise<ArtifactReference> = environment.run(
      carryOutStage,
      { ...this.call, ...call },
      {
        store: this.store,
        client,
        address,
        namespace,
        worker: `worker-${randomUUID().slice(0, 4)}`,
        installation: {
          root: repositoryFolder(),
          python: '',
          pythonPath: '',
          workFolder: join(this.folder, 'work'),
          cacheFolder: join(this.folder, 'cache'),
          gitCommit: 'unknown',
        },
        tasks: task,
        devices: null,
        onDeviceFault: () => undefined,
        ledgerMilliseconds: 100,
        ...changes,
      },
    );
    ended.catch(() => undefined); // Looked at later.
    return { ended, beats, environment };
  }

  async register() {
    return (await readRegister(this.store, this.call.kind, this.call.key))?.register;
  }

  /** Another attempt of the same run takes the stage, as after a heartbeat timeout; answers its claim. */
  async taken(): Promise<StageClaim> {
    const { kind, key, run } = this.call;
    const holder: Holder = {
      address: 'a',
      namespace: 'n',
      ...run,
      activity_id: '1',
      attempt: 2,
      worker: 'successor',
      nonce: randomUUID(),
    };
    const claim = await claimStage(this.store, kind, key, holder, () => Promise.resolve(false));
    if (claim.state !== 'claimed') throw new Error(`the stage is ${claim.state}`);
    return claim;
  }

  /** The books of all attempts, by term. */
  async ledgers(): Promise<AttemptLedger[]> {
    const run = this.call.run.workflow_id;
    const files = (await listRunFiles(this.store, run)).filter(({ path }) => path.startsWith('ledger/'));
    const books = await Promise.all(files.map(({ path }) => getRunFile(this.store, run, path)));
    return books
      .map((body) => attemptLedgerSchema.parse(JSON.parse(body?.toString('utf8') ?? '')))
      .sort((left, right) => left.term - right.term);
  }

  async close(): Promise<void> {
    await this.#temporal.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
