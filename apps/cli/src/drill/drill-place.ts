import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { openStore, type ArtifactStore } from '@nacre/artifact-store';
import { milliseconds, type Recipe } from '@nacre/contracts/recipe';
import {
  ensureServer,
  environmentFor,
  findLocalStack,
  type LocalStack,
  type ServerName,
} from '@nacre/local-stack';
import { connectClient } from '@nacre/temporal-connection';

import { binaryFolder } from '../binary-folder.js';
import type { Session } from '../session.js';
import { DrillNode } from './drill-node.js';
import { MomentWatch } from './moment-watch.js';
import { livingProcess, processesWith, signalProcess } from './process-table.js';
import { StoreGate } from './store-gate.js';

/** What a drill has for all of its runs. */
export interface DrillGround {
  readonly folder: string;
  readonly stack: LocalStack;
  readonly recipe: Recipe;
}

/**
 * Where one run takes place: an empty prefix of the store, a gate before it, and one node at a time. Close it; it ends
 * what still runs.
 */
export class DrillPlace {
  readonly ground: DrillGround;
  readonly watch: MomentWatch;
  readonly session: Session;
  /** Whether a server is away on purpose. */
  outage = false;
  readonly #name: string;
  readonly #gate: StoreGate;
  readonly #nodes: DrillNode[] = [];
  #pids: LocalStack['pids'];
  #closed = false;

  private constructor(ground: DrillGround, name: string, gate: StoreGate, session: Session) {
    this.ground = ground;
    this.#name = name;
    this.#gate = gate;
    this.session = session;
    this.#pids = ground.stack.pids;
    this.watch = new MomentWatch(gate);
  }

  /** @param name prefix in the bucket and folder of the nodes; nothing of that name may have run before */
  static async open(ground: DrillGround, name: string): Promise<DrillPlace> {
    const { stack } = ground;
    rmSync(join(ground.folder, 'nodes', name), { recursive: true, force: true });
    const gate = await StoreGate.open(stack.s3.endpoint, `${stack.s3.bucket}/${name}`);
    const environment = { ...ownEnvironment(), ...environmentFor(stack), NACRE_S3_PREFIX: name };
    const temporal = await connectClient(environment);
    const place = new DrillPlace(ground, name, gate, {
      environment,
      stack,
      temporal,
      store: storeOf(stack, name),
      uiLink: () => undefined,
      close: () => temporal.close(),
    });
    await place.#lookUpServers();
    return place;
  }

  /** Time after which a silent attempt counts as lost. */
  get heartbeatTimeout(): number {
    return milliseconds(this.ground.recipe.run.pools.gpu.heartbeat_timeout);
  }

  /** The node that works now. */
  get node(): DrillNode {
    const node = this.#nodes.at(-1);
    if (node === undefined) throw new RangeError('no node was started');
    return node;
  }

  /** Starts a node with nothing in its folders; from now on it is the one that is watched. */
  newNode(): DrillNode {
    const { folder, recipe } = this.ground;
    const { endpoint } = this.#gate;
    const environment = {
      ...this.session.environment,
      NACRE_S3_ENDPOINT: endpoint,
      AWS_ENDPOINT_URL_S3: endpoint,
      OMP_NUM_THREADS: '1',
    };
    const path = join(folder, 'nodes', this.#name, String(this.#nodes.length + 1));
    const node = new DrillNode(path, environment, recipe.run.pools.gpu.concurrency);
    this.#nodes.push(node);
    if (this.#closed) void node.retire();
    this.watch.look(node);
    return node;
  }

  /** Leader of a server's process group. */
  serverPid(server: ServerName): number {
    return this.#pids[server];
  }

  /**
   * Starts a server again that has died by itself, as whatever runs servers does: Temporal's development server ends
   * when it finds that it stood still.
   */
  async lookAfterServers(): Promise<void> {
    for (const server of ['temporal', 's3'] as const) {
      // Asked for each: while one is restored, the other may be hit, and must stay away as long as it shall.
      if (!this.outage && livingProcess(this.serverPid(server)) === undefined) await this.restore(server);
    }
  }

  /** Brings a server back that was ended: same ports, same database. */
  async restore(server: ServerName): Promise<void> {
    const { stateFolder } = this.ground.stack;
    await ensureServer(server, { stateFolder, binaryFolder: binaryFolder() });
    await this.#lookUpServers();
  }

  async #lookUpServers(): Promise<void> {
    this.#pids = (await findLocalStack(this.ground.stack.stateFolder))?.pids ?? this.#pids;
  }

  /** Ends the nodes in order and answers which processes of them still live a while later. */
  async close(): Promise<number[]> {
    this.#closed = true;
    await Promise.all(this.#nodes.map((node) => node.retire()));
    const left = await this.#left();
    for (const pid of left) signalProcess(pid, 'SIGKILL');
    this.#gate.close();
    await this.session.close();
    return left;
  }

  async #left(): Promise<number[]> {
    // A task whose worker vanished may take this long to notice by itself.
    const deadline = performance.now() + 2 * this.heartbeatTimeout + 20_000;
    for (;;) {
      const left = processesWith(`HOME=${join(this.ground.folder, 'nodes', this.#name)}/`);
      if (left.length === 0 || performance.now() > deadline) return left;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** The environment of this process without anything that would lead to other servers than the drill's. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(TEMPORAL_|AWS_|NACRE_S3_)/.test(name)),
  );
}

function storeOf({ s3 }: LocalStack, prefix: string): ArtifactStore {
  const { endpoint, bucket, region, accessKeyId, secretAccessKey } = s3;
  return openStore({ endpoint, bucket, region, prefix, credentials: { accessKeyId, secretAccessKey } });
}
