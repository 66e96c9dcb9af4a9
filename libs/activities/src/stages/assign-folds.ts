import { assignFolds as assign } from '@nacre/data';
import { assignFolds as definition } from '@nacre/stages';

import { inputFolder, inputFolders, nodeEnvironment, type StageImplementation } from '../stage-context.js';

/** Deals the train rows to folds and the blind slice. */
export const assignFolds: StageImplementation = async (context) => ({
  metrics: await assign(definition.parameters.parse(context.call.parameters), {
    train: inputFolder(context, 'train'),
    extra: Object.values(inputFolders(context, 'extra-')),
    folder: context.output,
    signal: context.signal,
  }),
  environment: nodeEnvironment,
});
