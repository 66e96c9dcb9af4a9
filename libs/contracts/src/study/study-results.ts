import { z } from 'zod';

import { measuredModelSchema } from './study.js';

/** Losses are kept as whole numbers of this many nats: over hundreds of rows the rounding is far below any interval. */
export const LOSS_UNIT = 1e-3;

/** Blind rows that several runs share: those of one split. */
export const blindRowsSchema = z
  .strictObject({
    digest: z
      .string()
      .regex(/^[0-9a-f]{16}$/)
      .describe('Beginning of the sha256 of the ids of the rows, in order'),
    groups: z
      .string()
      .regex(/^([0-9a-f]{6})+$/)
      .describe(
        "6 characters a row, rows in the order of their ids: the beginning of the sha256 of the row's prompt group",
      ),
  })
  .describe('Blind rows of one split');

export const measuredRunSchema = z
  .strictObject({
    arm: z.string().describe('Arm of the study'),
    seed: z.int().nonnegative().describe('Seed of the run'),
    workflow_id: z.string().describe('Run that was measured; it says which recipe that was'),
    seconds: z
      .number()
      .nonnegative()
      .describe('From its first stage that was computed to the end of its last; 0 when all were reused'),
    computed: z.int().nonnegative().describe('Stages that it computed'),
    reused: z.int().nonnegative().describe('Stages that the store had'),
    rows: z.string().describe('digest of its blind rows'),
    losses: z
      .array(z.int().nonnegative())
      .min(1)
      .describe('Loss of each of those rows, in their order, in units of 0.001 nats'),
  })
  .describe('One measured run');

/** What a study has measured so far: the raw rows from which its table is rendered. */
export const studyResultsSchema = z
  .strictObject({
    nacre_study_results: z.literal(1).describe('Version of this document'),
    study: z.string().describe('Name of the study'),
    measured: measuredModelSchema,
    loss: z
      .enum(['expected', 'votes'])
      .describe(
        'expected: −Σ p_true ln p_model against the known distribution of the synthetic arena; votes: log loss of the votes',
      ),
    rows: z.array(blindRowsSchema).describe('Blind rows that the runs were measured on, each split once'),
    runs: z.array(measuredRunSchema).describe('Measured runs, in the order of the plan'),
  })
  .describe('Results of a study');

export type BlindRows = z.infer<typeof blindRowsSchema>;
export type MeasuredRun = z.infer<typeof measuredRunSchema>;
export type StudyResults = z.infer<typeof studyResultsSchema>;
