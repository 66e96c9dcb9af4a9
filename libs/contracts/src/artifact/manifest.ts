import { z } from 'zod';

import { canonicalDigest } from './canonical-json.js';
import { digestSchema } from './digest.js';
import { fileEntrySchema, type FileEntry } from './file-entry.js';

/** Small numbers a stage reports about its output, by name (rows, log_loss …). */
export const metricsSchema = z.record(z.string(), z.number()).describe('Small figures by name');

/** Who made an artifact. Never part of content_id nor of a stage key. */
export const creatorSchema = z.strictObject({
  workflow_id: z.string().describe('Temporal workflow id of the run'),
  run_id: z.string().describe('Temporal run id'),
  term: z.int().positive().describe('Term of the claim in the stage register'),
  git_commit: z.string().describe('Commit the worker was built from, or "unknown"'),
  stage: z.string().describe('Name of the stage in the run, e.g. teacher/llama-tiny/fold-0'),
  stage_key: digestSchema.describe('Key under which the register holds the stage'),
  stage_version: z.int().positive().describe('Version of the stage kind'),
});

/** The execution class and circumstances in which bytes were made. */
export const environmentSchema = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .describe('torch version, CPU instruction set or GPU, threads, …');

/** What a stage made: its files, how and by whom. Named by the sha256 of its own canonical JSON. */
export const manifestSchema = z.strictObject({
  nacre_manifest: z.literal(1).describe('Version of this document'),
  kind: z.string().describe('Stage kind that made it'),
  content_id: digestSchema.describe('sha256 of canonical {kind, files: [path, sha256, size]}'),
  created_at: z.iso.datetime().describe('When it was published'),
  created_by: creatorSchema.describe('Who made it'),
  environment: environmentSchema,
  parameters: z.record(z.string(), z.unknown()).describe('Parameters that entered the stage key'),
  inputs: z.record(z.string(), digestSchema).describe('Manifest id of each input: the lineage graph'),
  files: z.array(fileEntrySchema).describe('Files, sorted by path'),
  metrics: metricsSchema,
});

export type Creator = z.infer<typeof creatorSchema>;
export type Environment = z.infer<typeof environmentSchema>;
export type Manifest = z.infer<typeof manifestSchema>;

/** The identity of bytes whoever made them, whenever: sha256 of canonical {kind, files}. */
export function contentId(kind: string, files: readonly FileEntry[]): string {
  const identity = files
    .map(({ path, sha256, size }) => ({ path, sha256, size }))
    .sort((left, right) => (left.path < right.path ? -1 : 1));
  return canonicalDigest({ kind, files: identity });
}
