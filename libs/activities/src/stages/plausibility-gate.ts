import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson } from '@nacre/contracts/artifact';
import { LeakDetected } from '@nacre/contracts/errors';
import { measurementSchema } from '@nacre/contracts/measurement';
import { MEASUREMENT_FILE, PLAUSIBILITY_FILE } from '@nacre/contracts/tables';
import { implausibleScores } from '@nacre/metrics';
import { plausibilityGate as definition } from '@nacre/stages';

import { inputFolder, nodeEnvironment, type StageImplementation } from '../stage-context.js';

/** Looks at every measured log loss. @throws LeakDetected naming the lowest three of those below the floor */
export const plausibilityGate: StageImplementation = async (context) => {
  const { min_log_loss } = definition.parameters.parse(context.call.parameters);
  const file = join(inputFolder(context, 'measurement'), MEASUREMENT_FILE);
  const measurement = measurementSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  const found = implausibleScores(measurement, min_log_loss);
  if (found.length > 0) {
    const named = found
      .slice(0, 3)
      .map(({ place, rows, log_loss }) => `${place}: ${log_loss.toFixed(4)} (${rows} rows)`);
    throw new LeakDetected(
      `${found.length} log losses are too good to be true, below ${min_log_loss}: ${named.join('; ')}. Rows that were ` +
        'trained on probably stand there: see leak.json of leak-gate. If the data really are that easy, lower ' +
        'gates.plausibility.min_log_loss',
      { implausible: found.length },
    );
  }
  await writeFile(
    join(context.output, PLAUSIBILITY_FILE),
    `${canonicalJson({ nacre_plausibility: 1, min_log_loss })}\n`,
  );
  return { metrics: {}, environment: nodeEnvironment };
};
