import { z } from 'zod';

import { environmentSchema, metricsSchema } from '../artifact/manifest.js';

/**
 * The result file. `error` is present exactly when the exit code is not 0; its type is an error name
 * of the table in errors/ and its message names the place and the remedy.
 */
export const taskResultSchema = z.strictObject({
  nacre_result: z.literal(1).describe('Version of this document'),
  exit_code: z.int().describe('Exit code of the task'),
  environment: environmentSchema,
  metrics: metricsSchema,
  error: z
    .strictObject({
      type: z.string().describe('Error name'),
      message: z.string().describe('The place and the remedy'),
    })
    .nullable()
    .describe('Why the task did not finish'),
});

export type TaskResult = z.infer<typeof taskResultSchema>;
