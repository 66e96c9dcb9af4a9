import { z } from 'zod';

/** LoRA on every linear layer of the backbone. */
export const adapterSchema = z
  .strictObject({
    rank: z.int().positive().max(1024).default(64).describe('Rank r of A and B'),
    alpha: z.number().positive().default(128).describe('Scale: the update is alpha / r * B A'),
    dropout: z
      .number()
      .min(0)
      .max(0.9)
      .default(0)
      .describe(
        "Share of an adapter's inputs that a step leaves out; a function of the row, never of the machine",
      ),
  })
  .describe('LoRA on every linear layer of the backbone');

/** GPUs of one training stage. How many share the work never decides what is computed. */
export const gpusSchema = z
  .int()
  .positive()
  .max(64)
  .default(1)
  .describe('GPUs that share every step; processes where the device is the CPU. Never part of a key');

/** In which orders of its answers a training shows a comparison. */
export const swapAnswersSchema = z
  .enum(['double', 'alternate', 'paired', 'none'])
  .describe(
    'double: every training row also with its answers exchanged; alternate: one order an epoch, the other in the next, so that an epoch costs half; paired: both orders in the same step; none: as given',
  );

/** The head that a training starts from. */
export const headSchema = z
  .strictObject({
    init: z
      .enum(['seeded', 'keep', 'lm_head_tokens'])
      .default('seeded')
      .describe(
        "seeded: new, the same for all folds; keep: the folds go on with the head of post-pretraining; lm_head_tokens: the rows of the language model's output layer for A, B and tie",
      ),
  })
  .describe(
    'The head that a training starts from; without it: seeded. All folds start from one, so that heads can be averaged',
  );

/** What every training stage has in common. */
export const trainingSchema = z
  .strictObject({
    adapter: adapterSchema.prefault({}),
    global_batch: z.int().positive().default(64).describe('Rows per optimizer step'),
    swap_answers: swapAnswersSchema.default('double'),
    head: headSchema.optional(),
    warmup_steps: z.int().nonnegative().default(100).describe('Linear warm-up, at most a tenth of the steps'),
    weight_decay: z.number().nonnegative().default(0).describe('AdamW weight decay on LoRA matrices'),
    max_gradient_norm: z.number().positive().default(1).describe('Gradients above this norm are scaled down'),
    seed: z.int().nonnegative().default(1234).describe('Seed of sample order, adapters and heads'),
    dtype: z
      .enum(['float32', 'bfloat16'])
      .default('bfloat16')
      .describe('dtype of the frozen base; adapters and heads are always float32'),
  })
  .describe('What every training stage has in common');
