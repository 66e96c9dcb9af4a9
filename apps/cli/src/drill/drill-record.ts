import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

import { z } from 'zod';

import { UsageError } from '../usage-error.js';
import { moments, stageGroups, victims } from './drill-cell.js';

/** What is done to a victim. delete: SIGKILL, and its database is removed before it is started again. */
export const actions = ['SIGKILL', 'SIGTERM', 'SIGSTOP', 'delete'] as const;
export type Action = (typeof actions)[number];

/** A cell to be hit, and how. */
export const targetSchema = z.strictObject({
  group: z.enum(stageGroups),
  moment: z.enum(moments),
  victim: z.enum(victims),
  action: z.enum(actions),
});

export type Target = z.infer<typeof targetSchema>;

/** A disturbance that hit a live process while a stage was at something. */
export const disturbanceSchema = targetSchema.extend({
  stage: z.string().describe('Kind and key of the stage that was hit'),
  pid: z.int().positive().describe('Process that was alive when the signal was sent'),
  at_seconds: z.number().nonnegative().describe('Since the start of the run'),
});

export type Disturbance = z.infer<typeof disturbanceSchema>;

export const drillRunSchema = z.strictObject({
  run: z.int().positive(),
  targets: z.array(targetSchema).describe('What was asked for; a moment that did not come is no disturbance'),
  disturbances: z.array(disturbanceSchema),
  retries: z
    .int()
    .nonnegative()
    .describe('Holds for NoProgress that the drill had caused and answered with retry'),
  outcome: z.enum(['identical', 'different', 'failed', 'hung', 'left-processes']),
  message: z.string().nullable().describe('What differs or went wrong; null when identical'),
  seconds: z.number().nonnegative(),
});

export type DrillRun = z.infer<typeof drillRunSchema>;

/** `drill.json`: everything a drill knows, so that it can go on where it was stopped. */
export const drillRecordSchema = z.strictObject({
  nacre_drill: z.literal(1),
  seed: z.int().nonnegative(),
  reference: z
    .strictObject({
      seconds: z.number().nonnegative(),
      files: z.record(z.string(), z.string()).describe('sha256 by `<stage> <path>`'),
      stages: z.record(z.enum(stageGroups), z.int().nonnegative()).describe('Published stages by group'),
    })
    .nullable()
    .describe('The undisturbed run'),
  runs: z.array(drillRunSchema),
});

export type DrillRecord = z.infer<typeof drillRecordSchema>;

/**
 * The record of an earlier start of the same drill, or a new one.
 *
 * @throws UsageError when the file is of another seed, or no record
 */
export function readDrillRecord(file: string, seed: number): DrillRecord {
  if (!existsSync(file)) return { nacre_drill: 1, seed, reference: null, runs: [] };
  const parsed = drillRecordSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success)
    throw new UsageError(`${file} is no record of a drill; remove it or name another --folder`);
  if (parsed.data.seed !== seed)
    throw new UsageError(
      `${file} is of a drill with --seed ${String(parsed.data.seed)}; give that seed or another --folder`,
    );
  return parsed.data;
}

/** Keeps the record; a drill that is killed meanwhile leaves the old one or the new one. */
export function writeDrillRecord(file: string, record: DrillRecord): void {
  writeFileSync(`${file}.part`, `${JSON.stringify(record, undefined, 2)}\n`);
  renameSync(`${file}.part`, file);
}
