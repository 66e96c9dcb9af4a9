import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { LeakDetected } from '@nacre/contracts/errors';
import { LEAK_FILE } from '@nacre/contracts/tables';
import { checkLeaks, leakReportSchema } from '@nacre/data';
import { leakGate as definition } from '@nacre/stages';

import { inputFolder, inputFolders, nodeEnvironment, type StageImplementation } from '../stage-context.js';

const repairs = {
  stop: 'Set gates.leak.otherwise: drop to train on none of them, or remove them from one side; report only counts them',
  drop: 'Dropping does not reach these: remove them from one side; gates.leak.otherwise: report only counts them',
} as const;

/** Looks for pairs on both sides of a split. @throws LeakDetected naming up to five pairs of ids */
export const leakGate: StageImplementation = async (context) => {
  const { otherwise } = definition.parameters.parse(context.call.parameters);
  const [postPretrain] = Object.values(inputFolders(context, 'post-pretrain-'));
  const metrics = await checkLeaks({
    train: inputFolder(context, 'train'),
    extra: Object.values(inputFolders(context, 'extra-')),
    ...(postPretrain === undefined ? {} : { postPretrain }),
    test: inputFolder(context, 'test'),
    foldsFolder: inputFolder(context, 'folds'),
    folder: context.output,
    signal: context.signal,
  });
  if (metrics.red > 0 && otherwise !== 'report') {
    const report = leakReportSchema.parse(
      JSON.parse(await readFile(join(context.output, LEAK_FILE), 'utf8')),
    );
    const sets = report.overlaps.filter(({ red, rows }) => red && rows > 0);
    throw new LeakDetected(
      `the same pair of answers stands on both sides of a split: ${sets.map(({ set, other, rows }) => `${String(rows)} rows of ${set} in ${other}`).join(', ')}; ` +
        `for instance ${report.worst
          .slice(0, 5)
          .map((pair) => pair.join(' = '))
          .join(', ')}. ${repairs[otherwise]}`,
      { red: metrics.red },
    );
  }
  return { metrics, environment: nodeEnvironment };
};
