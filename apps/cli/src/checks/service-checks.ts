import { checkConditionalWrites, storeFromEnvironment } from '@nacre/artifact-store';
import { workerCommand } from '@nacre/contracts/queues';
import type { Recipe } from '@nacre/contracts/recipe';
import { resolveEndpoints } from '@nacre/local-stack';

import { endpointEnvironment, openSession } from '../session.js';
import { queueStates } from '../unpolled-queues.js';
import type { Check } from './check.js';

/** Temporal, the store with its conditional writes, and (for a recipe) the queues. */
export async function serviceChecks(recipe: Recipe | undefined): Promise<Check[]> {
  const { environment, stack } = await endpointEnvironment();
  const used = resolveEndpoints(process.env, stack);
  const checks: Check[] = [];
  const remedy = 'Start the embedded servers with `npx nacre dev`, or set TEMPORAL_ADDRESS and NACRE_S3_*';
  checks.push(
    ...(await attempt('store', used.s3.sentence, remedy, async () => {
      const races = await checkConditionalWrites(storeFromEnvironment(environment));
      return races.map(({ check, ok, detail }) => ({
        check: `store: ${check}`,
        ok,
        detail,
        remedy: 'Use a store with conditional writes',
        service: true,
      }));
    })),
  );
  checks.push(
    ...(await attempt('temporal', used.temporal.sentence, remedy, async () => {
      const session = await openSession();
      try {
        const queues = recipe === undefined ? [] : await queueStates(session, recipe);
        return queues.map(({ queue, polled }) => ({
          check: `queue ${queue}`,
          ok: polled,
          detail: polled ? 'polled' : 'no worker polls it',
          remedy: `Start one with \`${workerCommand(queue)}\``,
          service: true,
        }));
      } finally {
        await session.close();
      }
    })),
  );
  return checks;
}

async function attempt(
  check: string,
  detail: string,
  remedy: string,
  further: () => Promise<Check[]>,
): Promise<Check[]> {
  try {
    const rest = await further();
    return [{ check, ok: true, detail, remedy, service: true }, ...rest];
  } catch (error) {
    return [
      {
        check,
        ok: false,
        detail: error instanceof Error ? error.message : String(error),
        remedy,
        service: true,
      },
    ];
  }
}
