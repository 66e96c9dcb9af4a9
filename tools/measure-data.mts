/** The data steps at the competition's size, beside a straightforward script. `usage` below says how it is called. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { installation } from '@nacre/activities';

import { compareWithBaseline } from './measure-data/compare-with-baseline.mjs';
import { MAX_TOKENS, measureData } from './measure-data/measure-data.mjs';
import { comparedMarkdown, measuredMarkdown, type MeasuredRow } from './measure-data/measured-row.mjs';

const script = 'node --import tsx --conditions=@nacre/source tools/measure-data.mts';
const usage = `Usage: ${script} [--scale 1] [--seed 2025] [--rounds 3] [--tokenizer NAME=FOLDER]… [--tokenize extra,train,test,post_pretrain]
Generates files of the competition's shape (tools/generate-arena.mts) and takes them from CSV to token ids: time, peak
memory and longest gap of the event loop of each step, as Markdown. Then the first 5,000 rows beside a straightforward
Python script. Two byte-level BPEs of 32k are trained here; --tokenizer adds another
(tools/python/gguf_tokenizer.py writes the folder of one that comes in a GGUF file). Needs \`npm run setup\`.
  --scale     part of the rows: 0.01 for a hundredth
  --rounds    how often the 5,000 rows are compared
  --tokenize  sources to tokenize
  --folder    where to write (a temporary folder, removed afterwards)
`;

const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h' },
      scale: { type: 'string', default: '1' },
      seed: { type: 'string', default: '2025' },
      rounds: { type: 'string', default: '3' },
      folder: { type: 'string' },
      tokenizer: { type: 'string', multiple: true, default: [] },
      tokenize: { type: 'string', default: 'extra,train,test,post_pretrain' },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const [scale, seed, rounds] = [Number(values.scale), Number(values.seed), Number(values.rounds)];
  if (!(scale > 0) || !Number.isSafeInteger(seed) || !Number.isSafeInteger(rounds)) {
    process.stderr.write(`measure-data: --scale, --seed or --rounds is no number it can be\n\n${usage}`);
    return 2;
  }
  const given = Object.fromEntries(values.tokenizer.map((each) => each.split('=', 2) as [string, string]));
  const folder = values.folder ?? (await mkdtemp(join(tmpdir(), 'nacre-measure-data-')));
  const common = { installation: installation(process.env, 'unknown'), folder, seed, signal: stopped.signal };
  const rows: MeasuredRow[] = [];
  const tell = (row: MeasuredRow) => {
    rows.push(row);
    process.stderr.write(`${JSON.stringify(row)}\n`);
  };
  try {
    const tokenized = values.tokenize.split(',').filter((source) => source !== '');
    const tokenizers = await measureData({ ...common, scale, tokenizers: given, tokenized, tell });
    const compared =
      rounds === 0
        ? []
        : await compareWithBaseline({
            ...common,
            ...{ folder: join(folder, 'compared'), rounds, tokenizers, maxTokens: MAX_TOKENS.train },
          });
    const peak = `Largest resident set of the data process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB.`;
    process.stdout.write([measuredMarkdown(rows), peak, comparedMarkdown(compared), ''].join('\n\n'));
  } finally {
    if (values.folder === undefined) await rm(folder, { recursive: true, force: true });
  }
  return 0;
}

process.exitCode = await main();
