/** How soon a dead worker is noticed and its stage goes on elsewhere. `usage` below says how it is called. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { durationSchema, milliseconds } from '@nacre/contracts/recipe';
import { startLocalStack, stopLocalStack } from '@nacre/local-stack';

import { measureFailover, type Failover } from './measure-failover/measure-failover.mjs';

const script = 'node --import tsx --conditions=@nacre/source tools/measure-failover.mts';
const usage = `Usage: ${script} [--kills 10] [--heartbeat-timeout 4s] [--json]
Kills the worker of a running stage while a second one is at hand, on servers of its own, and prints how
long Temporal took to notice and the next attempt to begin on the other worker: median and greatest.
  --kills              how often
  --heartbeat-timeout  silence after which a worker counts as lost (run.pools.gpu.heartbeat_timeout, 90s by default)
  --json               one JSON object instead of Markdown
`;

const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h' },
      json: { type: 'boolean' },
      kills: { type: 'string', default: '10' },
      'heartbeat-timeout': { type: 'string', default: '4s' },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const kills = Number(values.kills);
  const timeout = values['heartbeat-timeout'];
  if (!Number.isSafeInteger(kills) || kills < 1)
    return refuse(`--kills ${values.kills}: a whole number of at least 1`);
  if (!durationSchema.safeParse(timeout).success)
    return refuse(`--heartbeat-timeout ${timeout}: a duration, e.g. 4s`);
  const stateFolder = mkdtempSync(join(tmpdir(), 'nacre-failover-'));
  try {
    const servers = await startLocalStack({ stateFolder });
    const failovers = await measureFailover(servers, {
      kills,
      heartbeatTimeout: milliseconds(timeout),
      signal: stopped.signal,
      log: (line) => process.stderr.write(`${line}\n`),
    });
    const command = `${script} --kills ${values.kills} --heartbeat-timeout ${timeout}`;
    process.stdout.write(
      values.json === true ? `${JSON.stringify({ command, failovers })}\n` : markdown(failovers, command),
    );
    return 0;
  } finally {
    await stopLocalStack(stateFolder);
    rmSync(stateFolder, { recursive: true, force: true });
  }
}

function markdown(failovers: readonly Failover[], command: string): string {
  const row = (name: string, use: keyof Failover) => {
    const seconds = failovers.map((failover) => failover[use]).sort((left, right) => left - right);
    const half = (seconds.length - 1) / 2;
    const median = ((seconds[Math.floor(half)] ?? 0) + (seconds[Math.ceil(half)] ?? 0)) / 2;
    return `| ${name} | ${median.toFixed(2)} s | ${(seconds.at(-1) ?? 0).toFixed(2)} s |`;
  };
  return [
    `\`${command}\``,
    '',
    '| | median | greatest |',
    '| --- | --- | --- |',
    row('from the kill until Temporal notices', 'detection'),
    row('from there until the next attempt begins on the other worker', 'restart'),
    '',
  ].join('\n');
}

function refuse(message: string, exitCode = 2): number {
  process.stderr.write(`measure-failover: ${message}\n`);
  return exitCode;
}

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
try {
  process.exitCode = await main();
} catch (error) {
  if (!stopped.signal.aborted) throw error;
  process.exitCode = refuse('interrupted; what was started is stopped and removed', 130);
}
