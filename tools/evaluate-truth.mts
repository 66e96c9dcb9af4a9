/**
 * How good the models of a run are: expected loss against the true distribution of fresh rows of the synthetic
 * arena. `usage` below says how it is called.
 */
import { parseArgs } from 'node:util';

import { recordedRun } from '@nacre/activities';
import { storeFromEnvironment } from '@nacre/artifact-store';
import { InvalidRecipe, NacreError } from '@nacre/contracts/errors';
import { findLocalStack, resolveEndpoints } from '@nacre/local-stack';

import { evaluateRun } from './evaluate-truth/evaluate-run.mjs';
import { evaluationMarkdown } from './evaluate-truth/evaluation-markdown.mjs';
import { runId } from './evaluate-truth/run-id.mjs';

const script = 'node --import tsx --conditions=@nacre/source tools/evaluate-truth.mts';
const usage = `Usage: ${script} [RUN] [--rows 4000] [--seed 990001] [--resamples 1000] [--json]
Draws fresh rows of the synthetic arena, applies every model of a finished run (default: the newest; an id or
a unique prefix) to them, and prints a Markdown table of the expected losses against the rows' true distribution.
Uses the embedded servers of this project, or those that the environment names, as \`nacre\` does.
  --rows       fresh rows to draw
  --seed       seed of the rows and of the bootstrap; no source of the run may have it
  --resamples  bootstrap resamples
  --json       one JSON object instead of Markdown
`;

const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      json: { type: 'boolean' },
      rows: { type: 'string', default: '4000' },
      seed: { type: 'string', default: '990001' },
      resamples: { type: 'string', default: '1000' },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return;
  }
  const rows = whole('rows', values.rows, 1);
  const seed = whole('seed', values.seed, 0);
  const resamples = whole('resamples', values.resamples, 1);

  const environment = {
    ...process.env,
    ...resolveEndpoints(process.env, await findLocalStack()).environment,
  };
  const store = storeFromEnvironment(environment);
  const workflowId = await runId(store, environment, positionals[0]);
  const run = await recordedRun(store, workflowId);
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const evaluated = await evaluateRun(run, { store, rows, seed, resamples, signal: stopped.signal, log });
  const command = `${script} ${workflowId} --rows ${rows} --seed ${seed} --resamples ${resamples}`;
  process.stdout.write(
    values.json === true
      ? `${JSON.stringify({ workflow_id: workflowId, seed, resamples, command, ...evaluated })}\n`
      : `${evaluationMarkdown(evaluated, { workflowId, seed, command })}\n`,
  );
}

function whole(option: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    throw new InvalidRecipe(`--${option} ${text}: a whole number of at least ${least}`);
  }
  return value;
}

function end(message: string, exitCode: number): void {
  process.stderr.write(`evaluate-truth: ${message}\n`);
  process.exitCode = exitCode;
}

/** Whether parseArgs refused the command line. */
function isParseError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
try {
  await main();
} catch (error) {
  const misused = error instanceof InvalidRecipe || isParseError(error);
  if (stopped.signal.aborted) end('interrupted', 130);
  else if (misused || error instanceof NacreError) end(error.message, misused ? 2 : 1);
  else throw error;
}
