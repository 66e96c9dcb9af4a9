/**
 * What a stage costs beside its work: stages of 1 KB one after the other through the whole sentence of the design
 * (key, look-up, run, publish). `usage` below says how it is called.
 */
import { parseArgs } from 'node:util';

import { measureStages } from './measure-stages/measure-stages.mjs';

const script = 'node --import tsx --conditions=@nacre/source tools/measure-stages.mts';
const usage = `Usage: ${script} [--stages 40] [--runs 5]
Measures, in a temporary folder with servers and a worker of its own, how long so many stages of 1 KB take one after
the other: new ones (looked up, run, published) and the same again (looked up and found). Prints Markdown.
Needs \`npm run setup\`, and a quiet machine.
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', short: 'h' },
      stages: { type: 'string', default: '40' },
      runs: { type: 'string', default: '5' },
    },
  });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const [stages, runs] = [Number(values.stages), Number(values.runs)];
  if (![stages, runs].every((count) => Number.isSafeInteger(count) && count > 0)) {
    process.stderr.write('measure-stages: --stages and --runs are whole numbers of at least 1\n');
    return 2;
  }
  const { made, found } = await measureStages(stages, runs);
  const row = (name: string, seconds: readonly number[]) => {
    const sorted = [...seconds].sort((left, right) => left - right);
    const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
    return `| ${name} | ${middle.toFixed(2)} s | ${(sorted[0] ?? 0).toFixed(2)} … ${(sorted.at(-1) ?? 0).toFixed(2)} s | ${((middle / stages) * 1000).toFixed(0)} ms |`;
  };
  process.stdout.write(
    [
      `\`${script} --stages ${stages} --runs ${runs}\``,
      '',
      `| ${stages} stages of 1 KB, one after the other | median | range | a stage |`,
      '|:--|--:|:-:|--:|',
      row('looked up, run, published', made),
      row('looked up and found', found),
      '',
    ].join('\n'),
  );
  return 0;
}

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
process.exitCode = await main();
