import { writeSubmission } from '@nacre/data';
import { submit as definition } from '@nacre/stages';

import { inputFolder, nodeEnvironment, type StageImplementation } from '../stage-context.js';

/** Writes submission.csv when every check of its form holds. */
export const submit: StageImplementation = async (context) => {
  const order = context.inputs['order'];
  const metrics = await writeSubmission(definition.parameters.parse(context.call.parameters), {
    logits: inputFolder(context, 'logits'),
    comparisons: inputFolder(context, 'comparisons'),
    ...(order === undefined ? {} : { order }),
    folder: context.output,
    signal: context.signal,
  });
  return { metrics, environment: nodeEnvironment };
};
