import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson } from '@nacre/contracts/artifact';
import { MEASUREMENT_FILE } from '@nacre/contracts/tables';
import { measure as measureRun } from '@nacre/metrics';
import { measure as definition } from '@nacre/stages';

import { nodeEnvironment, type StageImplementation } from '../stage-context.js';
import { readMeasurementInput } from './read-measurement-input.js';

/** Every reported number, from the logits of the run. */
export const measure: StageImplementation = async (context) => {
  const {
    labels,
    folds,
    label_policy: labelPolicy,
    selected_on_dev: selectedOnDev,
    gates = {},
  } = definition.parameters.parse(context.call.parameters);
  const limits = Object.entries(gates).flatMap(([gate, limit]) => (limit ? [[gate, limit] as const] : []));
  const input = await readMeasurementInput(context, { labels, folds, gates: Object.fromEntries(limits) });
  const measurement = measureRun({
    ...input,
    ...(labelPolicy && { labelPolicy }),
    ...(selectedOnDev && { selectedOnDev }),
  });
  await writeFile(join(context.output, MEASUREMENT_FILE), canonicalJson(measurement));
  const last = measurement.waterfall.findLast(({ blind }) => blind !== null)?.blind;
  return {
    metrics: last === null || last === undefined ? {} : { log_loss: last.log_loss },
    environment: nodeEnvironment,
  };
};
