import { synthesizeLatents as draw } from '@nacre/data';
import { synthesizeLatents as definition } from '@nacre/stages';

import { nodeEnvironment, type StageImplementation } from '../stage-context.js';

/** Draws rows of the synthetic arena with what they were drawn from. */
export const synthesizeLatents: StageImplementation = async ({ call, output, signal }) => ({
  metrics: await draw(definition.parameters.parse(call.parameters), { folder: output, signal }),
  environment: nodeEnvironment,
});
