import { findLocalStack, type LocalStack } from '@nacre/local-stack';

/** The servers that the global set-up of the tier started. */
export async function tierServers(): Promise<LocalStack> {
  const stack = await findLocalStack(process.env['NACRE_TEST_STATE_FOLDER'] ?? '');
  if (stack === undefined)
    throw new Error('the servers of the tier do not run: run with test/vitest.config.mts');
  return stack;
}
