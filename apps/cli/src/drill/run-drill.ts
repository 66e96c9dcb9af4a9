import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { repositoryFolder } from '@nacre/activities';
import { resolveRecipe } from '@nacre/contracts/recipe';
import { startLocalStack, stopLocalStack } from '@nacre/local-stack';

import { binaryFolder } from '../binary-folder.js';
import { exitCodes, type ExitCode } from '../exit-codes.js';
import type { Output } from '../output.js';
import { readRecipe } from '../recipe/recipe-file.js';
import { UsageError } from '../usage-error.js';
import { chooseTargets, coverageOf } from './choose-targets.js';
import { coverageTable } from './coverage-table.js';
import { DisturbedRun, type Reference } from './disturbed-run.js';
import type { DrillGround } from './drill-place.js';
import {
  readDrillRecord,
  writeDrillRecord,
  type Disturbance,
  type DrillRecord,
  type DrillRun,
  type Target,
} from './drill-record.js';
import { SeededRandom } from './seeded-random.js';

/** A run with fewer proves less than a run should: its disturbances are listed and not counted. */
const LEAST_PER_RUN = 4;
/** More in one run would leave it no time of its own. */
const MOST_PER_RUN = 12;
/** A drill that fails this often has shown enough. */
const FAILURES = 3;

/** What a drill is asked for. */
export interface DrillSettings {
  readonly disturbances: number;
  readonly seed: number;
  readonly folder: string;
  /** Only this recorded run, with the targets that it had; nothing is recorded. */
  readonly repeat?: number;
}

/**
 * Runs the drill recipe undisturbed, then again and again on an empty store while processes are killed, stopped and
 * ended, and compares every byte. It goes on where an earlier drill in the folder was stopped.
 *
 * @returns 0 only when every run was identical to the undisturbed one
 */
export async function runDrill(
  settings: DrillSettings,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  const folder = resolve(settings.folder);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'drill.json');
  const record = readDrillRecord(file, settings.seed);
  const recipe = resolveRecipe(await readRecipe(join(repositoryFolder(), 'recipes', 'drill.yaml'), []));
  const stateFolder = join(folder, 'servers');
  const stack = await startLocalStack({ stateFolder, binaryFolder: binaryFolder(), namespace: 'default' });
  try {
    const drill = new Drill({ folder, stack, recipe }, record, file, output, signal);
    return await (settings.repeat === undefined
      ? drill.until(settings.disturbances)
      : drill.repeat(settings.repeat));
  } catch (error) {
    if (!signal.aborted) throw error;
    output.message(`stopped; the same command goes on from ${file}`);
    return exitCodes.interrupted;
  } finally {
    await stopLocalStack(stateFolder);
  }
}

class Drill {
  readonly #ground: DrillGround;
  readonly #file: string;
  readonly #output: Output;
  readonly #signal: AbortSignal;
  #record: DrillRecord;

  constructor(ground: DrillGround, record: DrillRecord, file: string, output: Output, signal: AbortSignal) {
    this.#ground = ground;
    this.#record = record;
    this.#file = file;
    this.#output = output;
    this.#signal = signal;
  }

  async until(disturbances: number): Promise<ExitCode> {
    const reference = await this.#reference();
    for (let failures = 0; this.#counted() < disturbances && failures < FAILURES;) {
      const run = this.#record.runs.length + 1;
      const random = new SeededRandom(`${String(this.#record.seed)} ${String(run)}`);
      const missing = disturbances - this.#counted();
      // Some moments pass while the run recovers from another one.
      const count = Math.max(LEAST_PER_RUN + 2, Math.min(MOST_PER_RUN, missing));
      const targets = chooseTargets(this.#record.runs, random, count);
      const done = await this.#run(run, targets, reference, random);
      this.#keep({ ...this.#record, runs: [...this.#record.runs, done] });
      if (done.outcome !== 'identical') failures += 1;
    }
    return this.#tell(disturbances);
  }

  async repeat(run: number): Promise<ExitCode> {
    const recorded = this.#record.runs.find((each) => each.run === run);
    if (recorded === undefined)
      throw new UsageError(`--repeat ${String(run)}: ${this.#file} has no such run`);
    const random = new SeededRandom(`${String(this.#record.seed)} ${String(run)}`);
    const { outcome } = await this.#run(run, recorded.targets, await this.#reference(), random);
    return outcome === 'identical' ? exitCodes.succeeded : exitCodes.failed;
  }

  async #reference(): Promise<Reference> {
    if (this.#record.reference !== null) return this.#record.reference;
    const name = `undisturbed-${Date.now().toString(36)}`;
    const reference = await DisturbedRun.undisturbed(this.#ground, name, this.#signal);
    const { seconds, files, stages } = reference;
    this.#keep({ ...this.#record, reference });
    this.#output.event(
      { type: 'drill-reference', seconds, files: Object.keys(files).length, stages },
      `undisturbed  ${seconds.toFixed(0)} s, ${String(Object.keys(files).length)} files`,
    );
    return reference;
  }

  async #run(
    run: number,
    targets: readonly Target[],
    reference: Reference,
    random: SeededRandom,
  ): Promise<DrillRun> {
    const heard = (hit: Disturbance) => {
      this.#output.event(
        { type: 'drill-disturbance', run, ...hit },
        `run ${String(run)}  ${hit.at_seconds.toFixed(1).padStart(6)} s  ${hit.action} ${hit.victim} ${String(hit.pid)} at ${hit.moment} of ${hit.stage.slice(0, 40)}`,
      );
    };
    // Never the prefix of an earlier try: there every stage would be a hit.
    const name = `run-${String(run)}-${Date.now().toString(36)}`;
    const done = {
      run,
      ...(await DisturbedRun.disturbed(this.#ground, name, targets, reference, random, this.#signal, heard)),
    };
    const { outcome, message, seconds, disturbances, retries } = done;
    this.#output.event(
      { type: 'drill-run', run, outcome, message, seconds, disturbances: disturbances.length, retries },
      `run ${String(run)}  ${outcome} after ${seconds.toFixed(0)} s and ${String(disturbances.length)} disturbances` +
        (retries === 0 ? '' : `, ${String(retries)} holds for NoProgress answered with retry`) +
        (message === null ? '' : `\n${message}`),
    );
    if (outcome !== 'identical') {
      const { seed } = this.#record;
      this.#output.message(
        `again: npx nacre drill --folder ${this.#ground.folder} --seed ${String(seed)} --repeat ${String(run)}; ` +
          `logs of its nodes in ${join(this.#ground.folder, 'nodes', name)}`,
      );
    }
    return done;
  }

  #counted(): number {
    return this.#record.runs
      .map(({ disturbances }) => disturbances.length)
      .filter((count) => count >= LEAST_PER_RUN)
      .reduce((sum, count) => sum + count, 0);
  }

  #keep(record: DrillRecord): void {
    this.#record = record;
    writeDrillRecord(this.#file, record);
  }

  #tell(disturbances: number): ExitCode {
    const { runs, seed } = this.#record;
    const identical = runs.filter(({ outcome }) => outcome === 'identical').length;
    const coverage = coverageOf(runs);
    const empty = [...coverage].flatMap(([cell, count]) => (count === 0 ? [cell] : []));
    this.#output.event(
      {
        type: 'drill-end',
        seed,
        runs: runs.length,
        identical,
        disturbances: this.#counted(),
        coverage: Object.fromEntries(coverage),
        empty,
      },
      `\n${coverageTable(runs)}\n\n${String(identical)} of ${String(runs.length)} runs identical, ` +
        `${String(this.#counted())} of ${String(disturbances)} disturbances, ${String(empty.length)} reachable cells empty`,
    );
    return identical === runs.length && this.#counted() >= disturbances
      ? exitCodes.succeeded
      : exitCodes.failed;
  }
}
