import { z } from 'zod';

import { digestSchema } from './digest.js';

/** Who holds a claimed stage. The nonce tells one claim of one attempt from every other. */
export const holderSchema = z.strictObject({
  address: z.string().describe('Temporal address the holder talks to'),
  namespace: z.string().describe('Temporal namespace of the holder'),
  workflow_id: z.string().describe('Workflow id of the run that claims'),
  run_id: z.string().describe('Run id of the run that claims'),
  activity_id: z.string().describe('Activity id of the claiming attempt'),
  attempt: z.int().positive().describe('Temporal attempt number; not monotonic, for people only'),
  worker: z.string().describe('Identity of the worker'),
  nonce: z.string().min(16).describe('Random, made for this claim'),
});

/**
 * The one register of a stage key, at stages/<kind>/<stage-key>.json. Claimed with a conditional
 * PUT and term+1, published with a conditional PUT on the ETag of the own claim, so a holder that
 * was stopped and goes on later cannot publish over its successor.
 */
export const stageRegisterSchema = z.strictObject({
  nacre_register: z.literal(1).describe('Version of this document'),
  term: z.int().positive().describe('Grows by one with each claim; the only number that orders holders'),
  state: z
    .enum(['claimed', 'released', 'published'])
    .describe('claimed: somebody works on it; released: the claim was given back; published: done'),
  holder: holderSchema.describe('Who claimed this term'),
  manifest_id: digestSchema.optional().describe('Present when published'),
  claimed_at: z.iso.datetime().describe('When this term was claimed'),
  renewed_at: z.iso
    .datetime()
    .optional()
    .describe(
      'When the holder last said that it works; with every durable checkpoint, else every few minutes',
    ),
  durable_step: z
    .int()
    .nonnegative()
    .optional()
    .describe('Step of the newest checkpoint that this term made durable, if any'),
  attempts_without_progress: z
    .int()
    .nonnegative()
    .describe('Attempts in a row that ended otherwise than asked and made nothing durable'),
});

export type Holder = z.infer<typeof holderSchema>;
export type StageRegister = z.infer<typeof stageRegisterSchema>;
