import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { openStore, type ArtifactStore } from '@nacre/artifact-store';
import { PROGRESS_QUERY, type Progress } from '@nacre/contracts/run';
import { environmentFor, prepareNamespace, type LocalStack } from '@nacre/local-stack';
import { connectClient, type ConnectedClient } from '@nacre/temporal-connection';

import { runProgram, type Ended } from './run-program.js';
import { StartedWorker } from './started-worker.js';
import { tierServers } from './tier-servers.js';

/** Folder of the checkout. */
export const root = resolve(import.meta.dirname, '../..');

/** The Temporal CLI of the set-up. */
export const temporalProgram = process.env['NACRE_TEMPORAL_CLI'] ?? join(root, '.venv/bin/temporal');

/** What a workplace shares with others. */
export interface WorkplaceOptions {
  /** Prefix of the bucket; a new one, where nothing is a hit, without it. */
  readonly prefix?: string;
  /** Another Temporal server than the tier's. */
  readonly temporal?: LocalStack;
  /** A namespace that exists; a new one without it. */
  readonly namespace?: string;
}

/**
 * A user's shell in a project of its own: a Temporal namespace, a bucket prefix and a working folder on the
 * servers of the tier, and the commands that a user would type there.
 */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), 'nacre-workplace-'));
  readonly stack: LocalStack;
  readonly namespace: string;
  readonly prefix: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly #workers: StartedWorker[] = [];
  #client: ConnectedClient | undefined;

  private constructor(stack: LocalStack, namespace: string, { prefix, temporal }: WorkplaceOptions) {
    this.stack = stack;
    this.namespace = namespace;
    this.prefix = prefix ?? `test-${randomUUID().slice(0, 8)}`;
    mkdirSync(join(this.folder, '.nacre'));
    const own = environmentFor(stack);
    const { TEMPORAL_ADDRESS, TEMPORAL_CONFIG_FILE } = environmentFor(temporal ?? stack);
    this.environment = {
      ...process.env,
      ...own,
      TEMPORAL_ADDRESS,
      TEMPORAL_CONFIG_FILE,
      TEMPORAL_NAMESPACE: namespace,
      NACRE_S3_PREFIX: this.prefix,
      NACRE_WORK_FOLDER: join(this.folder, '.nacre'),
      // Every process that is started here, Python tasks included, can be told by it.
      HOME: this.folder,
      OMP_NUM_THREADS: '1',
      NO_COLOR: '1',
    };
  }

  /** Opens a workplace; `close` it. */
  static async open(name: string, options: WorkplaceOptions = {}): Promise<Workplace> {
    const stack = await tierServers();
    const { address, httpUrl } = (options.temporal ?? stack).temporal;
    const namespace = options.namespace ?? `${name}-${randomUUID().slice(0, 8)}`;
    if (options.namespace === undefined)
      await prepareNamespace({ httpUrl, address, namespace, temporalBinary: temporalProgram });
    return new Workplace(stack, namespace, options);
  }

  /** The store that commands in this workplace use. */
  get store(): ArtifactStore {
    const { endpoint, bucket, region, accessKeyId, secretAccessKey } = this.stack.s3;
    return openStore({
      endpoint,
      bucket,
      region,
      prefix: this.prefix,
      credentials: { accessKeyId, secretAccessKey },
    });
  }

  /** `npx nacre …` */
  nacre(...words: string[]): Promise<Ended> {
    return runProgram(
      process.execPath,
      [join(root, 'apps/cli/bin/nacre.mjs'), ...words],
      this.folder,
      this.environment,
    );
  }

  /** `temporal …` */
  temporal(...words: string[]): Promise<Ended> {
    return runProgram(temporalProgram, words, this.folder, this.environment);
  }

  /** The run at a glance, from its own mouth. */
  async progress(run: string): Promise<Progress> {
    this.#client ??= await connectClient(this.environment);
    return this.#client.client.workflow.getHandle(run).query<Progress>(PROGRESS_QUERY);
  }

  /** `npx nacre worker --role …`, once it polls; `within` a program that becomes it. */
  async worker(roles = 'control,data,gpu', within?: readonly string[]): Promise<StartedWorker> {
    const command = [join(root, 'apps/cli/bin/nacre.mjs'), 'worker', '--role', roles, '--concurrency', '2'];
    const worker = await StartedWorker.start(command, this.folder, this.environment, within);
    this.#workers.push(worker);
    return worker;
  }

  /** Stops what still runs and removes the folder. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
    await this.#client?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
