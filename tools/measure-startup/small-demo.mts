import { join } from 'node:path';

import { repositoryFolder } from '@nacre/activities';

import { StartedProgram } from './started-program.mjs';
import type { Workplace } from './workplace.mjs';

/** The demo with as many stages as ever, each made small: what is measured is not the training. */
const settings = [
  ...['data.train.synthetic.rows=160', 'data.extra.synthetic.rows=40'],
  ...['data.ut.synthetic.rows=64', 'data.test.synthetic.rows=40'],
  ...[
    'prompt.max_tokens=128',
    'predict.max_tokens=128',
    'quantize.group_size=32',
    'quantize.calibration_rows=32',
  ],
  ...['llama', 'qwen2', 'gemma2'].flatMap((family) =>
    [
      'hidden_size=32',
      'intermediate_size=64',
      'num_hidden_layers=1',
      'warm_up.rows=64',
      'warm_up.steps=2',
    ].map((setting) => `models.${family}-tiny.tiny.${setting}`),
  ),
].flatMap((setting) => ['--set', setting]);

/** `npm run demo` without its set-up, i.e. servers, worker, run and results in one command. */
export function startDemo(workplace: Workplace, signal: AbortSignal): StartedProgram {
  return new StartedProgram(workplace, 'apps/cli/dist/demo/main.js', ['--json', ...settings], signal);
}

/** `nacre start` of the recipe that startDemo runs; needs servers and worker. */
export function startRun(workplace: Workplace, signal: AbortSignal): StartedProgram {
  const recipe = join(repositoryFolder(), 'recipes/demo.yaml');
  return new StartedProgram(
    workplace,
    'apps/cli/bin/nacre.mjs',
    ['--json', 'start', recipe, ...settings],
    signal,
  );
}

/** `nacre worker` for the control queue alone, once it polls. */
export async function startControlWorker(workplace: Workplace, signal: AbortSignal): Promise<StartedProgram> {
  const words = ['--json', 'worker', '--role', 'control'];
  const worker = new StartedProgram(workplace, 'apps/cli/bin/nacre.mjs', words, signal);
  await worker.event('worker');
  return worker;
}
