import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson } from '@nacre/contracts/artifact';
import { ContractViolation, GateFailed, GateUndetermined } from '@nacre/contracts/errors';
import { GATE_FILE } from '@nacre/contracts/tables';
import { measure } from '@nacre/metrics';
import { costGate as definition } from '@nacre/stages';

import { nodeEnvironment, type StageImplementation } from '../stage-context.js';
import { readMeasurementInput } from './read-measurement-input.js';

/**
 * Asks the blind rows whether a step costs more than the recipe allows, and writes the verdict.
 *
 * @throws GateFailed, GateUndetermined where the recipe wants the run to wait for a person then
 */
export const costGate: StageImplementation = async (context) => {
  const { labels, folds, gate, max_log_loss_rise, otherwise } = definition.parameters.parse(
    context.call.parameters,
  );
  const measured = measure(
    await readMeasurementInput(context, { labels, folds, gates: { [gate]: { max_log_loss_rise } } }),
  );
  const [verdict] = measured.gates;
  if (verdict === undefined) {
    throw new ContractViolation(`gates.${gate}: its models have no logits of blind rows; were they skipped?`);
  }
  if (verdict.outcome !== 'pass' && otherwise === 'hold') {
    const Failure = verdict.outcome === 'fail' ? GateFailed : GateUndetermined;
    throw new Failure(
      `${verdict.sentence}. To go on anyway, abort and start the recipe with gates.${gate}.otherwise: report ` +
        '(everything that is finished is used again); to go without what waits for the gate, skip it',
      { rows: verdict.difference.rows },
    );
  }
  await writeFile(join(context.output, GATE_FILE), canonicalJson(verdict));
  return { metrics: { log_loss_rise: verdict.difference.value }, environment: nodeEnvironment };
};
