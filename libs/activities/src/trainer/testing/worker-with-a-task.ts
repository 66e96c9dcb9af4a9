import { ColdStarter } from '../cold-starter.js';
import { taskRunner } from '../run-task.js';
import { WarmStarter } from '../warm-starter.js';
import { playedStage } from './played-stage.js';
import { installTasks } from './task-modules.js';

/**
 * A process with one task, started cold or warm, that would run for minutes; it says when the task has taken a step.
 * Arguments: `cold` or `warm`, and a folder. Started by run-task.server.test.ts, which kills it.
 */
const [, , how, folder = ''] = process.argv;
const installation = installTasks(folder);
const environment = { PATH: process.env['PATH'], HOME: folder };
const starter =
  how === 'warm'
    ? new WarmStarter(installation, environment, () => undefined)
    : new ColdStarter(installation.python);
// Told nothing for twice that, a task stops by itself.
const stage = playedStage(folder, 'steps', { execution: { heartbeat_timeout: '2s' } });
const run = taskRunner({ installation, environment, onCpu: starter, onGpu: starter });
setInterval(() => {
  if (stage.beats.some(({ done }) => (done ?? 0) > 1)) process.stdout.write('runs\n');
}, 100);
await run('quantize', stage);
