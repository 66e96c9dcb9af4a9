import { dropLeaks as drop } from '@nacre/data';

import { inputFolder, nodeEnvironment, type StageImplementation } from '../stage-context.js';

/** Leaves the rows out that stand in test and, where it reads folds, in the blind slice. */
export const dropLeaks: StageImplementation = async (context) => ({
  metrics: await drop(context.call.name.replace('drop-leaks/', ''), {
    source: inputFolder(context, 'comparisons'),
    test: inputFolder(context, 'test'),
    blind:
      context.inputs['folds'] === undefined
        ? undefined
        : { train: inputFolder(context, 'train'), folds: context.inputs['folds'] },
    folder: context.output,
    signal: context.signal,
  }),
  environment: nodeEnvironment,
});
