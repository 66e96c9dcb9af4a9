import { setTimeout as sleep } from 'node:timers/promises';

import { workflowId } from '@nacre/contracts/recipe';
import { DECIDE_UPDATE, type Decision, type Progress } from '@nacre/contracts/run';
import { WorkflowNotFoundError } from '@temporalio/client';

import { progressOf } from '../run-reference.js';
import { startRun } from '../start-run.js';
import { disturb } from './disturb.js';
import type { StageGroup } from './drill-cell.js';
import { DrillFailure } from './drill-failure.js';
import { DrillPlace, type DrillGround } from './drill-place.js';
import type { Disturbance, DrillRun, Target } from './drill-record.js';
import { differences, filesOfRun, type RunFiles } from './run-files.js';
import type { SeededRandom } from './seeded-random.js';

/** A run that has not ended after this long hangs: an undisturbed one takes half a minute. */
const HANG_SECONDS = 240;
/** What each disturbance may add: its outage, a lost heartbeat, a cold node. */
const HANG_SECONDS_EACH = 60;
/** For a call to a server that may be away or to a run whose worker may be. */
const CALL_MILLISECONDS = 4000;
const LOOK_MILLISECONDS = 500;
const HOLD_LOOKS = 4;

/** What an undisturbed run has made, and the stages of each group. */
export interface Reference {
  readonly files: RunFiles;
  readonly stages: Readonly<Record<StageGroup, number>>;
  readonly seconds: number;
}

/** One run of a drill: undisturbed, or with disturbances one after the other. */
export class DisturbedRun {
  readonly #place: DrillPlace;
  readonly #began = performance.now();
  #ended = false;
  #retries = 0;

  private constructor(place: DrillPlace) {
    this.#place = place;
  }

  /**
   * The run that others are compared with.
   *
   * @throws DrillFailure when it does not succeed
   */
  static async undisturbed(ground: DrillGround, name: string, signal: AbortSignal): Promise<Reference> {
    const place = await DrillPlace.open(ground, name);
    const run = new DisturbedRun(place);
    let left: number[] = [];
    let reference: Reference;
    try {
      await run.#start();
      const seconds = await run.#untilSucceeded(HANG_SECONDS, signal);
      reference = { files: await run.#files(), stages: place.watch.published(), seconds };
    } finally {
      left = await place.close();
    }
    if (left.length > 0)
      throw new DrillFailure(`the undisturbed run has left the processes ${left.join(', ')}`);
    return reference;
  }

  /** A run with disturbances, and what became of it. */
  static async disturbed(
    ground: DrillGround,
    name: string,
    targets: readonly Target[],
    reference: Reference,
    random: SeededRandom,
    signal: AbortSignal,
    heard: (disturbance: Disturbance) => void,
  ): Promise<Omit<DrillRun, 'run'>> {
    const place = await DrillPlace.open(ground, name);
    const run = new DisturbedRun(place);
    const disturbances: Disturbance[] = [];
    let outcome: DrillRun['outcome'] = 'failed';
    let message: string | null;
    let seconds: number | undefined;
    let hits = Promise.resolve();
    try {
      await run.#start();
      hits = run.#disturb(targets, reference, random, (disturbance) => {
        disturbances.push(disturbance);
        heard(disturbance);
      });
      const finished = run.#untilSucceeded(HANG_SECONDS + HANG_SECONDS_EACH * targets.length, signal);
      [seconds] = await Promise.all([finished, hits]);
      const different = differences(reference.files, await run.#files());
      outcome = different.length === 0 ? 'identical' : 'different';
      message = different.length === 0 ? null : different.join('\n');
    } catch (error) {
      if (signal.aborted) throw error;
      outcome = error instanceof RunHangs ? 'hung' : 'failed';
      message = error instanceof Error ? error.message : String(error);
    } finally {
      run.#ended = true;
      // A server that is stopped goes on before anything else is done with it.
      await hits.catch(() => undefined);
      await place.lookAfterServers();
      await run.#giveUp();
      const left = await place.close();
      if (left.length > 0 && outcome === 'identical') {
        outcome = 'left-processes';
        message = `the processes ${left.join(', ')} have outlived their workers`;
      }
    }
    seconds ??= run.#seconds();
    return { targets: [...targets], disturbances, retries: run.#retries, outcome, message, seconds };
  }

  async #start(): Promise<void> {
    // An earlier drill that was killed may have left its run open: this one would only join it.
    await this.#giveUp();
    const node = this.#place.newNode();
    if (!(await node.polls()))
      throw new DrillFailure(`the first worker does not poll; see ${node.folder}/worker.log`);
    await this.#startWorkflow();
  }

  async #giveUp(): Promise<void> {
    await this.#inTime(() => this.#handle.terminate('the drill has given this run up')).catch(
      () => undefined,
    );
  }

  async #startWorkflow(): Promise<void> {
    await startRun(this.#place.session, this.#place.ground.recipe);
  }

  async #disturb(
    targets: readonly Target[],
    reference: Reference,
    random: SeededRandom,
    heard: (disturbance: Disturbance) => void,
  ): Promise<void> {
    const passed = ({ group }: Target) => this.#place.watch.published()[group] >= reference.stages[group];
    const left = new Set(targets);
    for (;;) {
      const ahead = [...left].filter((target) => !passed(target));
      if (this.#ended || ahead.length === 0) return;
      const hit = await disturb(ahead, {
        place: this.#place,
        random,
        startAgain: () => eventually(() => this.#startWorkflow()),
        over: () => this.#ended || ahead.every(passed),
        secondsSinceStart: () => this.#seconds(),
        heard,
      });
      if (hit !== undefined) left.delete(hit);
    }
  }

  /** Seconds the run took; holds that the drill itself has caused are answered meanwhile. */
  async #untilSucceeded(patienceSeconds: number, signal: AbortSignal): Promise<number> {
    try {
      for (let looks = 1; ; looks += 1) {
        signal.throwIfAborted();
        const status = await this.#status();
        if (status === 'COMPLETED') return this.#seconds();
        if (status !== undefined && status !== 'RUNNING')
          throw new DrillFailure(`the run ended as ${status}: ${await this.#failure()}`);
        if (this.#ended || this.#seconds() > patienceSeconds) throw new RunHangs(await this.#whereItStands());
        await this.#place.lookAfterServers();
        const { unexpectedEnd } = this.#place.node;
        if (unexpectedEnd !== undefined) throw new DrillFailure(unexpectedEnd);
        if (looks % HOLD_LOOKS === 0) await this.#answerHolds();
        await sleep(LOOK_MILLISECONDS);
      }
    } finally {
      this.#ended = true;
    }
  }

  /** Undefined while Temporal is away, or has forgotten the run and it was not started again yet. */
  async #status(): Promise<string | undefined> {
    try {
      return (await this.#inTime(() => this.#handle.describe())).status.name;
    } catch {
      return undefined;
    }
  }

  /** Answers retry where three attempts were spent by disturbances; any other hold is a failure. */
  async #answerHolds(): Promise<void> {
    const progress = await this.#progress();
    for (const { name, state, message } of progress?.stages ?? []) {
      if (state !== 'held') continue;
      if (message?.startsWith('NoProgress') !== true)
        throw new DrillFailure(`${name} is held: ${message ?? 'without a reason'}`);
      const decision: Decision = { stage: name, action: 'retry' };
      await this.#inTime(() =>
        this.#handle.executeUpdate<Progress, [Decision]>(DECIDE_UPDATE, { args: [decision] }),
      )
        .then(() => (this.#retries += 1))
        .catch(() => undefined);
    }
  }

  async #files(): Promise<RunFiles> {
    return eventually(async () => {
      const progress = await this.#inTime(() => progressOf(this.#handle));
      return filesOfRun(this.#place.session.store, progress);
    });
  }

  async #progress(): Promise<Progress | undefined> {
    return this.#inTime(() => progressOf(this.#handle)).catch(() => undefined);
  }

  async #whereItStands(): Promise<string> {
    const stages = (await this.#progress())?.stages ?? [];
    const open = stages.filter(({ state }) => state !== 'done' && state !== 'hit' && state !== 'waiting');
    const rows = open.map(({ name, state, message }) => `${name} ${state} ${message ?? ''}`.trimEnd());
    return `the run has not ended after ${this.#seconds().toFixed(0)} s: ${rows.join('; ') || 'it does not answer'}`;
  }

  async #failure(): Promise<string> {
    try {
      await this.#inTime(() => this.#handle.result());
      return '';
    } catch (error) {
      for (let cause = error; cause instanceof Error; cause = cause.cause)
        if (!(cause.cause instanceof Error)) return cause.message;
      return String(error);
    }
  }

  get #handle() {
    const { session, ground } = this.#place;
    return session.temporal.client.workflow.getHandle(workflowId(ground.recipe));
  }

  #inTime<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    return this.#place.session.temporal.connection.withDeadline(Date.now() + CALL_MILLISECONDS, call);
  }

  #seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }
}

/** The run does not end. */
class RunHangs extends DrillFailure {
  override readonly name = 'RunHangs';
}

/** Tries for a minute: a server that is just back may refuse the first calls. */
async function eventually<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries >= 30 || error instanceof WorkflowNotFoundError) throw error;
      await sleep(2000);
    }
  }
}
