import { join } from 'node:path';

import { SOURCE_FILE } from '@nacre/contracts/tables';
import { prepareSource as prepare } from '@nacre/data';
import { prepareSource as definition } from '@nacre/stages';

import { inputFolder, nodeEnvironment, type StageImplementation } from '../stage-context.js';

/** Reads a source strictly and writes canonical comparisons. */
export const prepareSource: StageImplementation = async (context) => {
  const { columns, ...description } = definition.parameters.parse(context.call.parameters);
  const metrics = await prepare(
    { ...description, ...(columns === null ? {} : { columns }) },
    {
      file: join(inputFolder(context, 'source'), SOURCE_FILE),
      folder: context.output,
      signal: context.signal,
    },
  );
  return { metrics, environment: nodeEnvironment };
};
