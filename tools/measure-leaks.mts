/** What the leak gate finds of what was planted, and what it costs. `usage` below says how it is called. */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';

import { gateMarkdown, recallMarkdown } from './measure-leaks/leaks-markdown.mjs';
import { plantedGate } from './measure-leaks/planted-gate.mjs';
import { plantedRecall } from './measure-leaks/planted-recall.mjs';
import { competitionRows, sourceNames, type SourceName } from './measure-leaks/planted-sets.mjs';

const script = 'node --import tsx --conditions=@nacre/source tools/measure-leaks.mts';
const usage = `Usage: ${script} [--copies 200] [--scale 1] [--seed 1]
Plants edited copies of prompts among prompts that are copies of nothing, and prints how many are found by edit and
length, and how much of what is found was planted; then deals folds of, and gates, sets of the competition's size with
planted leaks, and prints what was found, time, memory and the longest gap of the event loop. Prints Markdown.
  --copies  planted copies for each edit and length
  --scale   part of the competition's rows: 0.01 for a hundredth
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h' },
      copies: { type: 'string', default: '200' },
      scale: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const [copies, scale, seed] = [Number(values.copies), Number(values.scale), Number(values.seed)];
  if (!Number.isSafeInteger(copies) || copies < 1) return refuse('--copies is a whole number of at least 1');
  if (!(scale >= 0.001)) return refuse('--scale is a number of at least 0.001');
  if (!Number.isSafeInteger(seed) || seed < 0) return refuse('--seed is a whole number from 0');
  const rows = Object.fromEntries(
    sourceNames.map((name) => [name, Math.round(scale * competitionRows[name])]),
  ) as Record<SourceName, number>;
  const part = (whole: number) => Math.max(1, Math.round(scale * whole));
  const gate = await plantedGate(rows, part(500), seed);
  const recall = await plantedRecall({ copies, others: part(45_000), seed });
  const command = `${script} --copies ${copies} --scale ${scale} --seed ${seed}`;
  process.stdout.write(
    `\`${command}\`, load ${(loadavg()[0] ?? 0).toFixed(1)}\n\n${recallMarkdown(recall)}\n\n${gateMarkdown(gate)}\n`,
  );
  return 0;
}

function refuse(problem: string): number {
  process.stderr.write(`measure-leaks: ${problem}\n\n${usage}`);
  return 2;
}

process.exitCode = await main();
