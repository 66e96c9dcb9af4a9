import { z } from 'zod';

/** What the pipeline workflow returns. */
export const runResultSchema = z.strictObject({
  workflow_id: z.string().describe('Workflow id of the run'),
  skipped: z.array(z.string()).describe('Names of skipped stages'),
  files: z.array(z.string()).describe('Keys of the readable copies under runs/<run>/'),
});

export type RunResult = z.infer<typeof runResultSchema>;
