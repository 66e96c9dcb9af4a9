import { permuteLogits as permute } from '@nacre/data';
import { permuteLogits as definition } from '@nacre/stages';

import { inputFolder, nodeEnvironment, type StageImplementation } from '../stage-context.js';

/** Deals a teacher's logits to other rows. */
export const permuteLogits: StageImplementation = async (context) => {
  const { labels, fold, seed } = definition.parameters.parse(context.call.parameters);
  const metrics = await permute({
    logits: inputFolder(context, 'logits'),
    folds: inputFolder(context, 'folds'),
    folder: context.output,
    labels,
    fold,
    seed,
    signal: context.signal,
  });
  return { metrics, environment: nodeEnvironment };
};
