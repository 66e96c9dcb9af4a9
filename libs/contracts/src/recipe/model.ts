import { z } from 'zod';

/** How a tiny base gets something that adapters can build on. */
export const warmUpSchema = z
  .strictObject({
    on: z
      .enum(['latents', 'text', 'none'])
      .default('latents')
      .describe(
        "latents: full-parameter training on the synthetic arena's latent scores; text: causal language modelling on the run's train text; none: random weights",
      ),
    rows: z.int().positive().default(3000).describe('Synthetic rows with latents (only for latents)'),
    steps: z
      .int()
      .positive()
      .default(400)
      .describe('Optimizer steps; fixed, so that the base is reproducible'),
    batch: z.int().positive().default(32).describe('Rows per step'),
    learning_rate: z.number().positive().default(3e-3).describe('Peak of the cosine schedule'),
  })
  .describe('How a tiny base gets something that adapters can build on');

/**
 * A base made here in a real family's architecture and a tiny size: a fixture for machines without
 * a GPU. It says nothing about what the recipe reaches on real models.
 */
export const tinyModelSchema = z
  .strictObject({
    family: z.enum(['llama', 'qwen2', 'gemma2']).describe('Architecture'),
    hidden_size: z.int().positive().multipleOf(16).default(64).describe('Width'),
    intermediate_size: z.int().positive().multipleOf(16).default(128).describe('Width of the MLP'),
    num_hidden_layers: z.int().positive().default(3).describe('Layers'),
    num_attention_heads: z.int().positive().default(4).describe('Query heads; must divide hidden_size'),
    num_key_value_heads: z
      .int()
      .positive()
      .default(2)
      .describe('Key and value heads; must divide the query heads'),
    vocab_size: z.int().min(300).max(2048).default(2048).describe('Size of the byte-level BPE'),
    seed: z.int().nonnegative().default(1).describe('Seed of the weights'),
    warm_up: warmUpSchema.prefault({}),
  })
  .describe('A tiny base made by this run');

/** A base model. Folders, buckets and hub ids come with the full-size models. */
export const modelSchema = z.strictObject({ tiny: tinyModelSchema }).describe('A base model');
