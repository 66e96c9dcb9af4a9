/** The store's speed against the same server's bare requests and lib-storage. `usage` below says how it is called. */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { measureRecords } from './measure-store/measure-records.mjs';
import { measureStore } from './measure-store/measure-store.mjs';

const script = 'node --import tsx --conditions=@nacre/source tools/measure-store.mts';
const RECORDS = 10;
const usage = `Usage: ${script} [--mebibytes 1024] [--rounds 3]
Moves a file to and from an embedded S3 server of its own: publishing against bare multipart requests and against
@aws-sdk/lib-storage, the verified fetch against bare GETs; the ways of a round follow one another. Then ten times what
an attempt writes beside its work: checkpoints, the renewal of its claim, its books. Prints Markdown.
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
  const records = await measureRecords(RECORDS);
  const row = (name: string, seconds: readonly number[], raw: readonly number[]): string =>
    `| ${name} | ${middle(seconds).toFixed(2)} s | ${(mebibytes / middle(seconds)).toFixed(0)} MiB/s | ${(middle(raw) / middle(seconds)).toFixed(2)} |`;
  const write = (name: string, seconds: readonly number[]): string => {
    const [least, most] = [Math.min(...seconds), Math.max(...seconds)];
    return `| ${name} | ${milliseconds(middle(seconds))} ms | ${milliseconds(least)} … ${milliseconds(most)} ms |`;
  };
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
      `| one write to the store, ${RECORDS} times | median | range |`,
      '|:--|--:|:-:|',
      write('checkpoint of 100 KB, 2 files', records.smallCheckpoint),
      write('checkpoint of 100 MB, 2 files', records.largeCheckpoint),
      write('renewal of a claim, with a durable step', records.renewal),
      write('books of an attempt', records.books),
      '',
    ].join('\n'),
  );
  return 0;
}

function milliseconds(seconds: number): string {
  return (seconds * 1000).toFixed(1);
}

function middle(seconds: readonly number[]): number {
  return [...seconds].sort((left, right) => left - right)[Math.floor(seconds.length / 2)] ?? 0;
}

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
process.exitCode = await main();
