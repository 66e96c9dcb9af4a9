/**
 * How long one waits before anything happens: servers, worker, a finished run again, a Python task. `usage` below
 * says how it is called.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { repositoryFolder } from '@nacre/activities';

import { measureStartup } from './measure-startup/measure-startup.mjs';
import { median, startupMarkdown } from './measure-startup/startup-figures.mjs';

const script = 'node --import tsx --conditions=@nacre/source tools/measure-startup.mts';
const usage = `Usage: ${script} [--runs 5] [--json]
Measures, in temporary folders with servers of their own, and prints medians as Markdown:
  from \`npm run demo\` (set-up done) to the first workflow task, with nothing there before;
  a finished run again: from nothing, with the servers up, with servers and worker up;
  the start of a Python task, cold and by the warm parent.
The run has the stages of recipes/demo.yaml, each made small. Needs \`npm run setup\`, and a quiet machine.
  --runs  how often each figure is measured
  --json  one JSON object instead of Markdown
`;

const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h' },
      json: { type: 'boolean' },
      runs: { type: 'string', default: '5' },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const runs = Number(values.runs);
  if (!Number.isSafeInteger(runs) || runs < 1)
    return refuse(`--runs ${values.runs}: a whole number of at least 1`);
  if (!existsSync(join(repositoryFolder(), '.nacre/build/workflow-bundle.js')))
    return refuse('run `npm run setup` first');
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const figures = await measureStartup({ runs, signal: stopped.signal, log });
  const command = `${script} --runs ${runs}`;
  process.stdout.write(
    values.json === true
      ? `${JSON.stringify({ command, figures: figures.map((figure) => ({ ...figure, median: median(figure.seconds) })) })}\n`
      : `${startupMarkdown(figures, command)}\n`,
  );
  return 0;
}

function refuse(message: string, exitCode = 2): number {
  process.stderr.write(`measure-startup: ${message}\n`);
  return exitCode;
}

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
try {
  process.exitCode = await main();
} catch (error) {
  if (!stopped.signal.aborted) throw error;
  process.exitCode = refuse('interrupted; what was started is stopped and removed', 130);
}
