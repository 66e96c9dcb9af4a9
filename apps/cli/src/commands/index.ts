import type { Command } from 'commander';

import { addCancel } from './cancel.js';
import { addDev } from './dev.js';
import { addDoctor } from './doctor.js';
import { addDrill } from './drill.js';
import { addGc } from './gc.js';
import { addGet } from './get.js';
import { addInit } from './init.js';
import { addLogs } from './logs.js';
import { addLs } from './ls.js';
import { addPause } from './pause.js';
import { addReport } from './report.js';
import { addReproduce } from './reproduce.js';
import { addResolve } from './resolve.js';
import { addRestart } from './restart.js';
import { addResume } from './resume.js';
import { addRetry } from './retry.js';
import { addRuns } from './runs.js';
import { addStart } from './start.js';
import { addStudy } from './study.js';
import { addWatch } from './watch.js';
import { addWhy } from './why.js';
import { addWorker } from './worker.js';

/** Every command, in the order of the help. */
export function addCommands(program: Command): void {
  addInit(program);
  addDoctor(program);
  addDev(program);
  addWorker(program);
  addResolve(program);
  addStart(program);
  addRuns(program);
  addWatch(program);
  addLogs(program);
  addWhy(program);
  addLs(program);
  addGet(program);
  addReport(program);
  addPause(program);
  addResume(program);
  addCancel(program);
  addRestart(program);
  addReproduce(program);
  addRetry(program);
  addGc(program);
  addDrill(program);
  addStudy(program);
}
