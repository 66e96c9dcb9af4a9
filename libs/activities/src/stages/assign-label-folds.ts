import { assignLabelFolds as assign } from '@nacre/data';
import { assignLabelFolds as definition } from '@nacre/stages';

import { inputFolder, nodeEnvironment, type StageImplementation } from '../stage-context.js';

/** Says which fold's teachers may label which row. */
export const assignLabelFolds: StageImplementation = async (context) => ({
  metrics: await assign(definition.parameters.parse(context.call.parameters), {
    folds: inputFolder(context, 'folds'),
    folder: context.output,
    signal: context.signal,
  }),
  environment: nodeEnvironment,
});
