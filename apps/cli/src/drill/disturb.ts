import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { DrillFailure } from './drill-failure.js';
import type { DrillNode } from './drill-node.js';
import type { DrillPlace } from './drill-place.js';
import type { Disturbance, Target } from './drill-record.js';
import type { ArmedTarget, SeenMoment } from './moment-watch.js';
import { groupMembers, livingProcess, signalProcess } from './process-table.js';
import type { SeededRandom } from './seeded-random.js';

/** A `run` is hit up to this long after it was seen to compute. */
const RUN_DELAY_MILLISECONDS = 1500;
/** A killed server is away for about this long. */
const OUTAGE_MILLISECONDS = 1000;
/** How long a stopped worker's successor may take until it has the stage. */
const TAKE_OVER_SECONDS = 45;
/** What a process that goes on after a stop is given to do harm. */
const AFTERMATH_MILLISECONDS = 3000;

/** What a disturbance is done with. */
export interface DisturbanceTools {
  readonly place: DrillPlace;
  readonly random: SeededRandom;
  /** Starts the run again, for a Temporal server that has forgotten it. */
  readonly startAgain: () => Promise<void>;
  /** Whether the run is over, or has passed the stages in question. */
  readonly over: () => boolean;
  readonly secondsSinceStart: () => number;
  /** Hears of the hit at once. */
  readonly heard: (disturbance: Disturbance) => void;
}

interface Armed extends ArmedTarget {
  /** The answer to a request that was held does not come. */
  readonly drops: boolean;
}

interface Hit {
  readonly target: Target;
  readonly seen: SeenMoment;
  readonly pid: number;
}

/**
 * Waits for the first moment of the targets, hits the victim, and does what an operator or a cluster would do then:
 * after a kill a new node with empty folders, after a stop its continuation, after an outage the server again. Resolves
 * when that is done.
 *
 * @returns the target that was hit; undefined when no moment came
 */
export async function disturb(
  targets: readonly Target[],
  tools: DisturbanceTools,
): Promise<Target | undefined> {
  const { place, random, over, secondsSinceStart, heard } = tools;
  const armed = targets.map((target): Armed => ({
    target,
    side: random.next() < 0.5 ? 'before' : 'after',
    delayMilliseconds: random.next() * RUN_DELAY_MILLISECONDS,
    drops: target.action !== 'SIGSTOP' && target.victim === 'worker' && random.next() < 0.5,
  }));
  const held = new Gate();
  const { node } = place;
  const hits: Hit[] = [];
  let drops = false;
  const hook = {
    hit: (each: Armed, seen: SeenMoment): boolean => {
      const { target } = each;
      const pid = victimOf(target, place, node, seen, random);
      if (pid === undefined || !strike(target, pid)) return false;
      if (target.victim === 'worker' && target.action !== 'SIGSTOP') node.expectEnd();
      place.outage = target.victim === 'temporal' || target.victim === 's3';
      const moment = target.moment === 'save' && !seen.stillThere() ? 'run' : target.moment;
      const at_seconds = secondsSinceStart();
      hits.push({ target, seen, pid });
      heard({ ...target, moment, stage: seen.stage, pid, at_seconds });
      ({ drops } = each);
      // What waits at the gate goes on at once, except where the point is that it arrives too late.
      if (!(target.victim === 'worker' && target.action === 'SIGSTOP')) held.open();
      return true;
    },
    request: async (): Promise<'pass' | 'drop'> => {
      await held.opened;
      return drops ? 'drop' : 'pass';
    },
  };
  await place.watch.until(armed, hook, over);
  const [hit] = hits;
  if (hit === undefined) return undefined;
  try {
    await recover(hit, node, held, tools);
  } finally {
    place.outage = false;
    held.open();
  }
  return hit.target;
}

/** Something that is waited for and then is so. */
class Gate {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

function victimOf(
  { victim }: Target,
  place: DrillPlace,
  node: DrillNode,
  { active }: SeenMoment,
  random: SeededRandom,
): number | undefined {
  switch (victim) {
    case 'worker':
      return node.pid;
    case 'temporal':
    case 's3':
      return place.serverPid(victim);
    case 'trainer':
      return taskGroup(active?.taskPid);
    case 'rank': {
      const leader = taskGroup(active?.taskPid);
      const ranks = leader === undefined ? [] : groupMembers(leader).filter((pid) => pid !== leader);
      return ranks.length === 0 ? undefined : random.pick(ranks);
    }
  }
}

function taskGroup(pid: number | undefined): number | undefined {
  return pid === undefined ? undefined : livingProcess(pid)?.group;
}

/** Whether the signal reached somebody alive. */
function strike({ action }: Target, pid: number): boolean {
  return signalProcess(pid, action === 'delete' ? 'SIGKILL' : action);
}

async function recover(
  { target: { victim, action }, pid, seen }: Hit,
  node: DrillNode,
  held: Gate,
  { place, startAgain }: DisturbanceTools,
): Promise<void> {
  const silence = place.heartbeatTimeout + 2000;
  switch (victim) {
    case 'trainer':
    case 'rank':
      if (action === 'SIGSTOP') {
        await sleep(silence);
        signalProcess(pid, 'SIGCONT');
      } else if (action === 'SIGKILL') {
        await replace(place, node);
      }
      return;
    case 'worker':
      if (action === 'SIGSTOP') {
        const term = place.watch.term(seen.key);
        await started(place);
        await takenOver(place, seen.key, term);
        held.open();
        signalProcess(pid, 'SIGCONT');
        await sleep(AFTERMATH_MILLISECONDS);
        await node.retire();
      } else {
        await replace(place, node);
      }
      return;
    case 'temporal':
    case 's3':
      if (action === 'SIGSTOP') {
        await sleep(silence);
        signalProcess(pid, 'SIGCONT');
      } else {
        await ended(pid);
        if (action === 'delete') deleteDatabase(place);
        await sleep(OUTAGE_MILLISECONDS);
        await place.restore(victim);
      }
      place.outage = false;
      if (action === 'delete') await startAgain();
  }
}

/** A new node takes over; the old one, if it lives, stops in order. */
async function replace(place: DrillPlace, old: DrillNode): Promise<void> {
  const retired = old.retire();
  await started(place);
  await retired;
}

async function started(place: DrillPlace): Promise<void> {
  const node = place.newNode();
  if (!(await node.polls()))
    throw new DrillFailure(`the worker in ${node.folder} does not poll; see its worker.log`);
}

async function takenOver(place: DrillPlace, key: string, term: number): Promise<void> {
  const deadline = performance.now() + TAKE_OVER_SECONDS * 1000;
  // A stage that was hit while it was claimed has the term that waits at the gate.
  while (place.watch.term(key) <= term && !place.watch.isPublished(key) && performance.now() < deadline)
    await sleep(100);
  while (!place.watch.isPublished(key) && performance.now() < deadline) await sleep(100);
}

async function ended(pid: number): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (livingProcess(pid) !== undefined && performance.now() < deadline) await sleep(50);
  signalProcess(pid, 'SIGKILL');
}

function deleteDatabase({ ground }: DrillPlace): void {
  const folder = join(ground.stack.stateFolder, 'temporal');
  for (const file of readdirSync(folder)) if (file.startsWith('temporal.db')) rmSync(join(folder, file));
}
