import { z } from 'zod';

export const promptTemplateSchema = z
  .enum(['blackpearl', 'compact'])
  .describe(
    "blackpearl: the winner's training template; compact: the same three fields with one-word headings",
  );

export const truncationSchema = z
  .enum(['per_field', 'token_popping', 'keep_last_turns', 'keep_first_and_last_turns'])
  .describe(
    'What is kept of a comparison that is too long. per_field: the beginning of each field, up to its share of the tokens. ' +
      "token_popping: the winner's: 256 and 700 words, a quarter of the tokens for the prompt, then the ends of the longer answer go " +
      '(at 1,024 tokens; in proportion for other limits). keep_last_turns: whole rounds from the newest back, of the next one the ' +
      'beginning and the end of each text, and [...] wherever text is missing. keep_first_and_last_turns: the same, ' +
      'but after the newest round the first one comes before all others',
  );

/** How a comparison becomes text and tokens. */
export const promptSchema = z
  .strictObject({
    template: promptTemplateSchema.default('blackpearl'),
    max_tokens: z.int().min(16).max(32_768).default(1024).describe('Longest training sequence in tokens'),
    truncation: truncationSchema.default('per_field'),
  })
  .describe('How a comparison becomes text and tokens');
