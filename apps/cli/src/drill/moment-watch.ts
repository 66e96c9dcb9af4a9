import { setTimeout as sleep } from 'node:timers/promises';

import { stageRegisterSchema } from '@nacre/contracts/artifact';

import type { ActiveStage } from './active-stage.js';
import { activeStages } from './active-stage.js';
import { groupOf, type Moment, type StageGroup } from './drill-cell.js';
import type { DrillNode } from './drill-node.js';
import type { Target } from './drill-record.js';
import type { GateRequest, StoreGate } from './store-gate.js';

/** Interval at which folders are looked at; a checkpoint of a tiny model is written within some tens of milliseconds. */
const LOOK_MILLISECONDS = 3;

/** A stage that is at the moment that was waited for. */
export interface SeenMoment {
  /** Kind and key, or its beginning. */
  readonly stage: string;
  readonly key: string;
  /** Its work folder, where its task is to be found; undefined while it is claimed. */
  readonly active: ActiveStage | undefined;
  /** Whether it is at that moment still. */
  stillThere(): boolean;
}

/** Where a request is stopped: on its way to the store or on the way back. */
export type Side = 'before' | 'after';

/** A target and the small print of how it is to be hit, drawn before its moment comes. */
export interface ArmedTarget {
  readonly target: Target;
  readonly side: Side;
  /** Wait between the sight of a task that computes and the hit. */
  readonly delayMilliseconds: number;
}

/**
 * Hits when a moment is seen, before anything can go on: whether somebody was hit. What then happens to a request that
 * is held is decided by `request`, which may wait.
 */
export interface MomentHook<Armed extends ArmedTarget> {
  hit(armed: Armed, seen: SeenMoment): boolean;
  request(): Promise<'pass' | 'drop'>;
}

/** What the stages of a run are at, from the requests to the store and from the folders of the node. */
export class MomentWatch {
  readonly #gate: StoreGate;
  readonly #kinds = new Map<string, string>();
  readonly #terms = new Map<string, number>();
  readonly #published = new Set<string>();
  #node: DrillNode | undefined;

  constructor(gate: StoreGate) {
    this.#gate = gate;
    gate.onAnswered = (request) => {
      const written = registerOf(request);
      if (written === undefined) return;
      this.#kinds.set(written.key, written.kind);
      this.#terms.set(written.key, written.register.term);
      if (written.register.state === 'published') this.#published.add(written.key);
    };
  }

  /** The node whose folders are looked at from now on. */
  look(node: DrillNode): void {
    this.#node = node;
  }

  /** Stages published so far, by group. */
  published(): Record<StageGroup, number> {
    const counts = { data: 0, train: 0, logits: 0, 'merge-quantize': 0, publish: 0 };
    for (const key of this.#published) counts[groupOf(this.#kinds.get(key) ?? '')] += 1;
    return counts;
  }

  /** Newest term of a stage, by its whole key. */
  term(key: string): number {
    return this.#terms.get(key) ?? 0;
  }

  isPublished(key: string): boolean {
    return this.#published.has(key);
  }

  /** Waits until one of the targets was hit, whichever moment comes first, or `over` says that none will be. */
  async until<Armed extends ArmedTarget>(
    armed: readonly Armed[],
    hook: MomentHook<Armed>,
    over: () => boolean,
  ): Promise<void> {
    let hit = false;
    const isHit = () => hit;
    const stop =
      (side: Side) =>
      async (request: GateRequest): Promise<'pass' | 'drop'> => {
        for (const each of armed) {
          const { moment } = each.target;
          if (isHit() || each.side !== side || moment === 'run' || moment === 'save') continue;
          const seen = this.#requestOf(request, each.target.group, moment);
          if (seen === undefined || !hook.hit(each, seen)) continue;
          hit = true;
          return hook.request();
        }
        return 'pass';
      };
    this.#gate.guard = { before: stop('before'), after: stop('after') };
    const inFolders = armed.filter(({ target: { moment } }) => moment === 'run' || moment === 'save');
    const saves = inFolders.some(({ target }) => target.moment === 'save');
    while (!isHit() && !over()) {
      for (const each of inFolders) if (await this.#hitInFolder(each, hook, isHit)) hit = true;
      await sleep(saves ? LOOK_MILLISECONDS : 10 * LOOK_MILLISECONDS);
    }
    this.#gate.guard = undefined;
  }

  async #hitInFolder<Armed extends ArmedTarget>(
    armed: Armed,
    hook: MomentHook<Armed>,
    isHit: () => boolean,
  ): Promise<boolean> {
    const { group, moment } = armed.target;
    for (const active of this.#active(group)) {
      const is = () => (moment === 'run' ? active.computes : active.saves);
      if (!is()) continue;
      if (moment === 'run') await sleep(armed.delayMilliseconds);
      const { kind, key } = this.#identity(active);
      if (!isHit() && is() && hook.hit(armed, { stage: `${kind} ${key}`, key, active, stillThere: is }))
        return true;
    }
    return false;
  }

  /** The stage of the group that makes this request at this moment. */
  #requestOf(request: GateRequest, group: StageGroup, moment: Moment): SeenMoment | undefined {
    const stage = this.#stageOf(request, moment);
    if (stage === undefined || groupOf(stage.kind) !== group) return undefined;
    const active = this.#active(group).find(({ keyStart }) => stage.key.startsWith(keyStart));
    return { stage: `${stage.kind} ${stage.key}`, key: stage.key, active, stillThere: () => true };
  }

  #stageOf(request: GateRequest, moment: Moment): { kind: string; key: string } | undefined {
    if (request.method !== 'PUT') return undefined;
    const written = registerOf(request);
    if (written !== undefined) {
      const { state, renewed_at } = written.register;
      const isMoment =
        moment === 'claim'
          ? state === 'claimed' && renewed_at === undefined
          : moment === 'publish' && state === 'published';
      return isMoment ? written : undefined;
    }
    if (moment === 'publish' && request.key.startsWith('manifests/')) {
      const { kind, created_by } = JSON.parse(request.body) as {
        kind: string;
        created_by: { stage_key: string };
      };
      return { kind, key: created_by.stage_key };
    }
    if (moment !== 'upload') return undefined;
    const [, checkpointOf] = /^checkpoints\/([0-9a-f]{64})\//.exec(request.key) ?? [];
    if (checkpointOf !== undefined) return { kind: this.#kinds.get(checkpointOf) ?? '', key: checkpointOf };
    const [, sha256] = /^cas\/sha256\/[0-9a-f]{2}\/([0-9a-f]{64})$/.exec(request.key) ?? [];
    const maker = sha256 === undefined ? undefined : this.#active().find((active) => active.makes(sha256));
    return maker === undefined ? undefined : this.#identity(maker);
  }

  #active(group?: StageGroup): ActiveStage[] {
    const all = this.#node === undefined ? [] : activeStages(this.#node.workFolder);
    return group === undefined ? all : all.filter((active) => groupOf(this.#identity(active).kind) === group);
  }

  #identity({ keyStart }: ActiveStage): { kind: string; key: string } {
    for (const [key, kind] of this.#kinds) if (key.startsWith(keyStart)) return { kind, key };
    return { kind: '', key: keyStart };
  }
}

function registerOf({ method, key, body }: GateRequest) {
  const [, kind, stageKey] = /^stages\/([a-z_]+)\/([0-9a-f]{64})\.json$/.exec(key) ?? [];
  if (method !== 'PUT' || kind === undefined || stageKey === undefined) return undefined;
  const register = stageRegisterSchema.safeParse(JSON.parse(body)).data;
  return register === undefined ? undefined : { kind, key: stageKey, register };
}
