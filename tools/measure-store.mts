/** The store's speed against the same server's bare requests and lib-storage. `usage` below says how it is called. */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { measureStore } from './measure-store/measure-store.mjs';

const script = 'node --import tsx --conditions=@nacre/source tools/measure-store.mts';
const usage = `Usage: ${script} [--mebibytes 1024] [--rounds 3]
Moves a file to and from an embedded S3 server of its own: publishing against bare multipart requests and against
@aws-sdk/lib-storage, the verified fetch against bare GETs; the ways of a round follow one another. Prints Markdown.
Needs \`npm run setup\`, a quiet machine, and free space of about eight times the file for each round.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h' },
      mebibytes: { type: 'string', default: '1024' },
      rounds: { type: 'string', default: '3' },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const [mebibytes, rounds] = [Number(values.mebibytes), Number(values.rounds)];
  if (![mebibytes, rounds].every((count) => Number.isSafeInteger(count) && count > 0)) {
    process.stderr.write('measure-store: --mebibytes and --rounds are whole numbers of at least 1\n');
    return 2;
  }
  const { rawUpload, libStorage, publish, rawGet, fetch } = await measureStore(mebibytes, rounds);
  const row = (name: string, seconds: readonly number[], raw: readonly number[]): string =>
    `| ${name} | ${middle(seconds).toFixed(2)} s | ${(mebibytes / middle(seconds)).toFixed(0)} MiB/s | ${(middle(raw) / middle(seconds)).toFixed(2)} |`;
  process.stdout.write(
    [
      `\`${script} --mebibytes ${mebibytes} --rounds ${rounds}\`, load ${(loadavg()[0] ?? 0).toFixed(1)}`,
      '',
      `| ${mebibytes} MiB, median of ${rounds} | time | speed | of the raw speed |`,
      '|:--|--:|--:|--:|',
      row('raw multipart upload', rawUpload, rawUpload),
      row('lib-storage Upload', libStorage, rawUpload),
      row('publish', publish, rawUpload),
      row('raw GET', rawGet, rawGet),
      row('verified fetch', fetch, rawGet),
      '',
    ].join('\n'),
  );
  return 0;
}

function middle(seconds: readonly number[]): number {
  return [...seconds].sort((left, right) => left - right)[Math.floor(seconds.length / 2)] ?? 0;
}

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
process.exitCode = await main();
