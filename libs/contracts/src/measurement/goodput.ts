import { z } from 'zod';

/** What the seconds of an attempt were spent on; every one is exactly one of these. */
export const timeUses = ['step', 'evaluation', 'checkpoint', 'load', 'wait', 'lost', 'unaccounted'] as const;

export type TimeUse = (typeof timeUses)[number];

const seconds = (meaning: string) => z.number().describe(meaning);

const secondsSchema = z.strictObject({
  step: seconds('Steps, rows or layers whose result lives on'),
  evaluation: seconds('Evaluation'),
  checkpoint: seconds('Training that stood still for a checkpoint'),
  load: seconds('Inputs, imports, models, output and its publication'),
  wait: seconds('Claim, device, the way to the first event of a task'),
  lost: seconds('Steps, rows or layers that were done again, or would have to be'),
  unaccounted: seconds('Age less all of the above; below 0 where the clocks of node and task disagree'),
});

const share = z.number().describe('Part of all seconds; 0 where there are none');

/** Where the time of some attempts went. */
export const timeSpentSchema = z.strictObject({
  attempts: z
    .strictObject({
      done: z.int().nonnegative().describe('Published their artifact'),
      stopped: z.int().nonnegative().describe('Ended as asked'),
      failed: z.int().nonnegative().describe('Ended with an error'),
      vanished: z.int().nonnegative().describe('Never said how they ended: killed, or at work still'),
    })
    .describe('Attempts by how they ended'),
  all: seconds('Sum of the ages of the attempts, in seconds'),
  seconds: secondsSchema.describe('Where they went; their sum is `all`, to the millisecond'),
  shares: z
    .strictObject({
      step: share,
      evaluation: share,
      checkpoint: share,
      load: share,
      wait: share,
      lost: share,
      unaccounted: share,
    })
    .describe('Each of `seconds` over `all`'),
  goodput: z.number().nullable().describe('Useful steps over all: the share `step`; null without a second'),
  detection: z
    .strictObject({
      count: z.int().nonnegative().describe('Vanished attempts that another followed'),
      seconds: seconds('From the last sign of life of each to the beginning of the next'),
    })
    .describe('Time in which nobody worked and nobody knew; no part of `all`'),
  uploads: z
    .strictObject({
      count: z.int().nonnegative().describe('Checkpoints that reached the store'),
      seconds: seconds('Time that they took while training went on; no part of `all`'),
      bytes: z.int().nonnegative().describe('Their bytes'),
    })
    .describe('Checkpoints'),
});

/** goodput.json of a run: what became of every second of its attempts (design section 6, issue 4 part 11). */
export const goodputSchema = z.strictObject({
  nacre_goodput: z.literal(1).describe('Version of this document'),
  run: timeSpentSchema.describe('All stages together'),
  kinds: z
    .array(timeSpentSchema.extend({ kind: z.string().describe('Stage kind') }))
    .describe('All stages of a kind together, in the order in which they first began'),
  stages: z
    .array(
      timeSpentSchema.extend({
        stage: z.string().describe('Name of the stage in the run'),
        kind: z.string().describe('Stage kind'),
      }),
    )
    .describe('Stages with an attempt in this run, in the order in which they first began'),
});

export type TimeSpent = z.infer<typeof timeSpentSchema>;
export type Goodput = z.infer<typeof goodputSchema>;
