import { join } from 'node:path';

import { SOURCE_FILE } from '@nacre/contracts/tables';
import { prepareOrder as readOrder } from '@nacre/data';

import { inputFolder, nodeEnvironment, type StageImplementation } from '../stage-context.js';

/** Reads the ids of the sample submission and checks them against the test rows. */
export const prepareOrder: StageImplementation = async (context) => ({
  metrics: await readOrder(
    { name: context.call.name.replace('prepare/', '') },
    {
      file: join(inputFolder(context, 'source'), SOURCE_FILE),
      test: inputFolder(context, 'comparisons'),
      folder: context.output,
      signal: context.signal,
    },
  ),
  environment: nodeEnvironment,
});
