import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { ArtifactStore } from '@nacre/artifact-store';
import { CorruptArtifact } from '@nacre/contracts/errors';
import type { Heartbeat, StageCall } from '@nacre/contracts/run';

import type { StageContext } from '../../stage-context.js';

/** A stage and what it reported. */
export interface PlayedStage extends StageContext {
  readonly beats: Partial<Heartbeat>[];
}

/** What a test may say of a played stage beside its name. */
export interface PlayedStageChanges {
  readonly signal?: AbortSignal;
  readonly execution?: Partial<StageCall['execution']>;
}

/** A stage whose task, of task-modules.ts, ends as its name says; its folders lie under `folder`. */
export function playedStage(
  folder: string,
  name: string,
  { signal = new AbortController().signal, execution: changed = {} }: PlayedStageChanges = {},
): PlayedStage {
  const work = join(folder, 'work', randomUUID());
  const output = join(work, 'output');
  mkdirSync(output, { recursive: true });
  const beats: Partial<Heartbeat>[] = [];
  const labels = ['model_a', 'model_b', 'tie'];
  const parameters = { labels, method: 'gptq', group_size: 32, calibration_rows: 1, damping: 0.1, seed: 1 };
  const execution = {
    device: 'cpu',
    threads: 1,
    micro_batch_tokens: 100,
    stall_timeout: '15m',
    heartbeat_timeout: '90s',
    gpus: 1,
    rung: 0,
    checkpoint_every: '10m',
    checkpoints_kept: 2,
    ...changed,
  } as const;
  const run = { workflow_id: 'w', run_id: 'r' };
  return {
    call: {
      key: '0'.repeat(64),
      kind: 'quantize',
      version: 1,
      name,
      parameters,
      inputs: {},
      execution,
      fresh: false,
      run,
    },
    term: 1,
    inputs: {},
    output,
    work,
    devices: null,
    signal,
    beats,
    report: (progress) => beats.push(progress),
    heard: () => undefined,
    durable: () => Promise.resolve(),
    get store(): ArtifactStore {
      throw new CorruptArtifact('a task needs no store');
    },
    tasks: () => {
      throw new CorruptArtifact('a task starts no task');
    },
  };
}
