import { ContractViolation } from '@nacre/contracts/errors';
import { durationSchema, milliseconds } from '@nacre/contracts/recipe';

const DEFAULT = '40s';

/**
 * Milliseconds that a stopping worker waits for stages that have been told to stop: the budget of one
 * step, one checkpoint and its upload. NACRE_SHUTDOWN_GRACE, a duration; whoever runs the worker must
 * give it longer than that before killing it.
 *
 * @throws ContractViolation when it is no duration
 */
export function shutdownGrace(environment: NodeJS.ProcessEnv): number {
  const grace = durationSchema.safeParse(environment['NACRE_SHUTDOWN_GRACE'] ?? DEFAULT);
  if (!grace.success) {
    throw new ContractViolation(
      `NACRE_SHUTDOWN_GRACE=${String(environment['NACRE_SHUTDOWN_GRACE'])} is no duration; write a number and a unit, e.g. 3m`,
    );
  }
  return milliseconds(grace.data);
}
