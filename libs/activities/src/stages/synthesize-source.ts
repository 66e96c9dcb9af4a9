import { synthesizeSource as draw } from '@nacre/data';
import { synthesizeSource as definition } from '@nacre/stages';

import { nodeEnvironment, type StageImplementation } from '../stage-context.js';

/** Draws rows of the synthetic arena. */
export const synthesizeSource: StageImplementation = async ({ call, output, signal }) => ({
  metrics: await draw(definition.parameters.parse(call.parameters), { folder: output, signal }),
  environment: nodeEnvironment,
});
