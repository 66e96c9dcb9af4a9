import { join } from 'node:path';

import {
  ColdStarter,
  installation,
  recordedRun,
  RunArtifacts,
  WarmStarter,
  type TaskStarter,
} from '@nacre/activities';
import { storeFromEnvironment } from '@nacre/artifact-store';

import { firstWorkflowTask } from './first-workflow-task.mjs';
import { startControlWorker, startDemo, startRun } from './small-demo.mjs';
import type { StartupFigure } from './startup-figures.mjs';
import { taskStartup } from './task-startup.mjs';
import { Workplace } from './workplace.mjs';

export interface MeasureStartupSettings {
  /** How often each figure is measured. */
  readonly runs: number;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/**
 * Measures how long one waits before anything happens, in workplaces of its own that are removed afterwards.
 *
 * @throws Error with a program's own words when it fails
 */
export async function measureStartup(settings: MeasureStartupSettings): Promise<StartupFigure[]> {
  const cold = await repeat(settings, 'first workflow task', () => coldStart(settings.signal));
  const workplace = await Workplace.open();
  try {
    settings.log('a small run, for the figures that need a finished one');
    const demo = startDemo(workplace, settings.signal);
    const { workflow_id: workflowId = '' } = await demo.event('run-start');
    await demo.succeeded();
    return [
      { name: 'Command → first workflow task done, nothing there before', seconds: cold },
      ...(await finishedAgain(workplace, settings)),
      ...(await pythonTasks(workplace, workflowId, settings)),
    ];
  } finally {
    await workplace.close();
  }
}

/** Seconds from the start of the demo's process to the first completed workflow task, in a new workplace. */
async function coldStart(signal: AbortSignal): Promise<number> {
  const workplace = await Workplace.open();
  try {
    const demo = startDemo(workplace, signal);
    try {
      const { workflow_id: workflowId = '' } = await demo.event('run-start');
      const done = await firstWorkflowTask(await workplace.connected(), workflowId, signal);
      return (done - demo.startedAt) / 1000;
    } finally {
      await demo.stop();
    }
  } finally {
    await workplace.close();
  }
}

async function finishedAgain(
  workplace: Workplace,
  settings: MeasureStartupSettings,
): Promise<StartupFigure[]> {
  const { signal } = settings;
  const fromNothing = await repeat(settings, 'finished run from nothing', () => demoAgain(workplace, signal));
  const serversUp = await repeat(settings, 'finished run, servers up', async () => {
    await workplace.startServers();
    return demoAgain(workplace, signal);
  });
  await workplace.startServers();
  const worker = await startControlWorker(workplace, signal);
  try {
    const workerUp = await repeat(settings, 'finished run, servers and worker up', () =>
      startRun(workplace, signal).succeeded(),
    );
    return [
      ...demoFigures('servers down', fromNothing),
      ...demoFigures('servers up', serversUp),
      {
        name: 'Finished run again by `nacre start`, servers and control worker up: whole command',
        seconds: workerUp,
      },
    ];
  } finally {
    await worker.stop();
  }
}

/** How long the demo of a finished run takes, in seconds from the start of its process. */
interface DemoAgain {
  /** Until it says that the run has ended. */
  readonly toRunEnd: number;
  /** Until it has exited, and stopped all it started before. */
  readonly whole: number;
}

async function demoAgain(workplace: Workplace, signal: AbortSignal): Promise<DemoAgain> {
  const demo = startDemo(workplace, signal);
  const { at } = await demo.event('run-end');
  return { toRunEnd: (at - demo.startedAt) / 1000, whole: await demo.succeeded() };
}

function demoFigures(state: string, measured: readonly DemoAgain[]): StartupFigure[] {
  const name = `Finished run again by the demo, ${state}`;
  return [
    { name: `${name}: command → run ended`, seconds: measured.map(({ toRunEnd }) => toRunEnd) },
    { name: `${name}: whole command, all stopped again`, seconds: measured.map(({ whole }) => whole) },
  ];
}

async function pythonTasks(
  workplace: Workplace,
  workflowId: string,
  settings: MeasureStartupSettings,
): Promise<StartupFigure[]> {
  const store = storeFromEnvironment(await workplace.connected());
  const run = await recordedRun(store, workflowId);
  const artifacts = new RunArtifacts(store, run, join(workplace.folder, 'artifacts'));
  const here = installation({ ...process.env, NACRE_WORK_FOLDER: workplace.stateFolder }, 'unknown');
  let started = 0;
  const measure = async (name: string, starter: TaskStarter): Promise<StartupFigure[]> => {
    try {
      const once = () => {
        started += 1;
        const folder = join(workplace.folder, `task-${started}`);
        return taskStartup(starter, { run, artifacts, store }, folder, settings.signal);
      };
      // The first one waits for a warm parent and reads everything from the disk.
      await once();
      const measured = await repeat(settings, `Python task, ${name}`, once);
      return [
        {
          name: `Python task, ${name}: call → task-start`,
          seconds: measured.map(({ toTaskStart }) => toTaskStart),
        },
        {
          name: `Python task, ${name}: call → result of a tiny merge`,
          seconds: measured.map(({ whole }) => whole),
        },
      ];
    } finally {
      await starter.close();
    }
  };
  return [
    ...(await measure('cold', new ColdStarter(here.python))),
    ...(await measure('warm', new WarmStarter(here, process.env, settings.log))),
  ];
}

async function repeat<Result>(
  { runs, signal, log }: MeasureStartupSettings,
  what: string,
  measure: () => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  while (results.length < runs) {
    signal.throwIfAborted();
    results.push(await measure());
    log(`${what}: ${results.length} of ${runs}`);
  }
  return results;
}
