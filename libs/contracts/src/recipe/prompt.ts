import { z } from 'zod';

export const promptTemplateSchema = z
  .enum(['blackpearl', 'compact'])
  .describe(
    "blackpearl: the winner's training template; compact: the same three fields with one-word headings",
  );

export const truncationSchema = z
  .enum(['per_field'])
  .describe('per_field: each field is cut at a text boundary to its own share of the tokens');

/** How a comparison becomes text and tokens. */
export const promptSchema = z
  .strictObject({
    template: promptTemplateSchema.default('blackpearl'),
    max_tokens: z.int().min(16).max(32_768).default(1024).describe('Longest training sequence in tokens'),
    truncation: truncationSchema.default('per_field'),
  })
  .describe('How a comparison becomes text and tokens');
