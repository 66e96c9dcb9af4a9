import { z } from 'zod';

import { labelPolicySchema } from '../recipe/label-policy.js';
import { labelsSchema } from '../recipe/labels.js';
import { selectionSchema } from '../recipe/selection.js';
import { lossesSchema } from '../recipe/losses.js';
import { adapterSchema, headSchema, swapAnswersSchema } from '../recipe/training.js';
import { tinyModelSchema } from '../recipe/model.js';
import { promptSchema, promptTemplateSchema, truncationSchema } from '../recipe/prompt.js';

const dtypeSchema = z.enum(['float32', 'bfloat16']).describe('dtype of the frozen base and of its forward');
const teacherNames = z.array(z.string()).describe('Teachers whose logits are targets, in order');
const foldSchema = z
  .int()
  .nonnegative()
  .nullable()
  .describe('Fold that is held out; null where no fold is (post-pretraining)');
const secondFoldSchema = z
  .int()
  .nonnegative()
  .optional()
  .describe('Second fold that is held out: only of a teacher of a pair of folds (label policy nested)');

/**
 * make-base-model. Inputs: text-<source> (prepared rows: the tokenizer is trained on them and on
 * the committed word list; the causal-LM warm-up reads them), latents (only for warm_up.on latents).
 * Output: a Hugging Face folder (config.json, model.safetensors, tokenizer.json, …).
 */
export const makeBaseModelParameters = z.strictObject({
  labels: labelsSchema,
  tiny: tinyModelSchema,
});

/**
 * tokenize. Inputs: base (its tokenizer), comparisons (one prepared source).
 * Output: tokens.parquet {example_id string, swapped bool, input_ids list<int32>, label int8 or null
 * (index into labels, in the presented order), truncated bool}; the rows of the source in their
 * order, each as given and then swapped. Metrics: what the truncation keeps (libs/report reads it).
 */
export const tokenizeParameters = z.strictObject({
  labels: labelsSchema,
  template: promptTemplateSchema,
  max_tokens: z.int().min(16).describe('Longest sequence, special tokens included'),
  truncation: truncationSchema,
});

/**
 * train. Inputs: base, adapter (optional: LoRA weights to go on from; its head where head.init
 * is keep),
 * tokens-<source>…, folds (absent for post-pretraining: every row is trained on), label-folds (a
 * teacher holds out what they assign to its folds; a student finds there whose label a row gets),
 * logits-<teacher> or, under another label policy than in_sample, logits-<teacher>.<held-out folds>…
 * (distillation). Output: peft folder (adapter_config.json, adapter_model.safetensors with the head
 * under modules_to_save) and history.json.
 */
export const trainParameters = z.strictObject({
  labels: labelsSchema,
  role: z.enum(['post_pretrain', 'teacher', 'student']).describe('What is trained, for messages'),
  fold: foldSchema,
  second_fold: secondFoldSchema,
  epochs: z.int().positive().describe('Passes over the rows'),
  learning_rate: z.number().positive().describe('Peak of the cosine schedule'),
  warmup_steps: z.int().nonnegative().describe('Linear warm-up; cut to a tenth of the steps if longer'),
  weight_decay: z.number().nonnegative().describe('AdamW weight decay on LoRA matrices'),
  max_gradient_norm: z.number().positive().describe('Gradient norm above which gradients are scaled down'),
  global_batch: z
    .int()
    .positive()
    .describe('Rows per optimizer step; the loss is a sum over rows divided by it'),
  adapter: adapterSchema,
  swap_answers: swapAnswersSchema,
  head: headSchema.optional(),
  seed: z.int().nonnegative().describe('Seed of sample order, adapter and head initialisation'),
  sources: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Sources whose rows are trained on; absent: all of the tokens'),
  order_seed: z
    .int()
    .nonnegative()
    .optional()
    .describe('Seed of the sample order alone, where it has its own'),
  dtype: dtypeSchema,
  teachers: teacherNames,
  label_policy: labelPolicySchema.optional(),
  selection: selectionSchema.optional(),
  losses: lossesSchema,
});

/**
 * export-logits. Inputs: base, adapter (optional), tokens-<source>…, folds (when rows is not all),
 * label-folds (where the model's training read them). Output: logits-00000.parquet … of at most 4,096
 * rows {example_id string, swapped bool, logit_<label> float32 per label}, in the order of the tokens;
 * the metadata of each file say whose logits they are (@nacre/contracts/tables).
 */
export const exportLogitsParameters = z.strictObject({
  labels: labelsSchema,
  rows: z
    .enum(['all', 'held_out', 'dev_and_blind', 'blind'])
    .describe(
      'all; the rows that the model was not trained on; the dev rows of `fold` and the blind rows; the blind rows',
    ),
  fold: foldSchema,
  second_fold: secondFoldSchema,
  prompt: promptSchema.required().describe('How the rows became text; written beside the logits'),
  dtype: dtypeSchema,
});

/**
 * merge. Inputs: adapter-<fold>…. Output: a peft folder. product_mean: the exact mean of the
 * products B_i A_i as one adapter of rank K*r in float32; factor_mean: means of A and of B apart
 * (the winner's). Heads are averaged in float32.
 */
export const mergeParameters = z.strictObject({
  method: z.enum(['product_mean', 'factor_mean']).describe('How the adapters of the folds are averaged'),
});

/**
 * quantize. Inputs: base, adapter (the merged one; added to the base in float32), tokens-<source>…
 * and folds (calibration rows are training rows, never blind ones). Output: a folder in
 * compressed-tensors layout (pack-quantized W8A16, head left alone), and quantization.json (per
 * linear: group size, strategy, relative output error beside round-to-nearest's).
 */
export const quantizeParameters = z.strictObject({
  labels: labelsSchema,
  method: z.enum(['gptq', 'round_to_nearest']).describe('How int8 codes are chosen'),
  group_size: z
    .int()
    .positive()
    .describe('Columns per scale; 64 or one per channel where it does not divide'),
  calibration_rows: z.int().positive().describe('Rows whose activations make the Hessians'),
  damping: z.number().positive().describe('Share of the mean Hessian diagonal added to it'),
  seed: z.int().nonnegative().describe('Seed of the choice of calibration rows'),
});

/**
 * predict. Inputs: model (a quantized folder), tokens-<source>…, folds (only when rows is blind).
 * Output: as export-logits; asserts that the linears ran as Int8Linear.
 */
export const predictParameters = z.strictObject({
  labels: labelsSchema,
  rows: z.enum(['all', 'blind']).describe('Which rows'),
  orders: z.enum(['both', 'as_given']).describe('both: each row also with its answers exchanged'),
});

/** Parameters of each Python task by task name. */
export const taskParameters = {
  'make-base-model': makeBaseModelParameters,
  tokenize: tokenizeParameters,
  train: trainParameters,
  'export-logits': exportLogitsParameters,
  merge: mergeParameters,
  quantize: quantizeParameters,
  predict: predictParameters,
} as const;

export type TaskName = keyof typeof taskParameters;
export const taskNames = Object.keys(taskParameters) as TaskName[];
