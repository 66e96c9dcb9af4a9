/** Files of the competition's true shape, without its texts. `usage` below says how it is called. */
import { parseArgs } from 'node:util';

import { generateArena } from './generate-arena/generate-arena.mjs';

const script = 'node --import tsx --conditions=@nacre/source tools/generate-arena.mts';
const usage = `Usage: ${script} FOLDER [--scale 1] [--seed 2025]
Writes train.csv (57,477 rows), extra.csv (21,187), post_pretrain.parquet (157,000), test.csv (25,000) and
sample_submission.csv with the lengths, encodings, nulls, lone surrogates, duplicates and near-duplicates of the LMSYS
competition, and planted.json with what stands where. The same seed and scale give the same bytes.
  --scale  part of the rows: 0.01 for a hundredth
`;

const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      scale: { type: 'string', default: '1' },
      seed: { type: 'string', default: '2025' },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const [folder] = positionals;
  const [scale, seed] = [Number(values.scale), Number(values.seed)];
  if (folder === undefined || positionals.length > 1) return refuse('name one folder to write to');
  if (!(scale > 0)) return refuse('--scale is a number above 0');
  if (!Number.isSafeInteger(seed) || seed < 0) return refuse('--seed is a whole number from 0');
  const planted = await generateArena({ folder, scale, seed, signal: stopped.signal });
  process.stdout.write(`${JSON.stringify(planted, null, 2)}\n`);
  return 0;
}

function refuse(problem: string): number {
  process.stderr.write(`generate-arena: ${problem}\n\n${usage}`);
  return 2;
}

process.exitCode = await main();
