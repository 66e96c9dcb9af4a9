import { join } from 'node:path';

import { downloadSource } from '@nacre/artifact-store';
import { sourceDescriptionSchema } from '@nacre/contracts/run';
import { SOURCE_FILE } from '@nacre/contracts/tables';

import type { StageImplementation } from '../stage-context.js';

/** Copies the bytes of a source into the store, refusing bytes that changed since they were described. */
export const importSource: StageImplementation = async ({ call, store, output, signal }) => {
  const description = sourceDescriptionSchema.parse(call.parameters);
  await downloadSource(store, description.uri, description, join(output, SOURCE_FILE), signal);
  return { metrics: { bytes: description.size }, environment: {} };
};
