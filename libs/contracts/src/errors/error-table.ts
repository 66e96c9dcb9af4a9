/**
 * What becomes of a stage that fails with an error of this name. The one table: activities set
 * Temporal's nonRetryable from it, the workflow decides between failing and holding from it.
 *
 * - fail: no retry; the run fails (the recipe or its data must change).
 * - hold: no retry; the stage is held for a person, who answers retry, skip or abort.
 * - retry: Temporal retries with its backoff, without limit.
 */
export const errorTable = {
  InvalidRecipe: 'fail',
  InvalidData: 'fail',
  InvalidStudy: 'fail',
  LeakDetected: 'fail',
  InvalidPrediction: 'fail',
  DoesNotFit: 'hold',
  ContractViolation: 'hold',
  NonFiniteLoss: 'hold',
  OutOfMemory: 'hold',
  TrainerCrashed: 'hold',
  CorruptArtifact: 'hold',
  NoProgress: 'hold',
  GateFailed: 'hold',
  GateUndetermined: 'hold',
  NodeLost: 'retry',
  DeviceBusy: 'retry',
  DeviceFault: 'retry',
  TrainerStalled: 'retry',
  CollectiveTimeout: 'retry',
  CheckpointRefused: 'retry',
  TrainerStopped: 'retry',
  StoreUnavailable: 'retry',
  StageHeld: 'retry',
  ClaimLost: 'retry',
  TemporalUnreachable: 'retry',
} as const satisfies Record<string, 'fail' | 'hold' | 'retry'>;

export type ErrorName = keyof typeof errorTable;

/** The table's answer for a failure type; a name it does not know is a bug and is held. */
export function dispositionOf(name: string | undefined): 'fail' | 'hold' | 'retry' {
  return name !== undefined && Object.hasOwn(errorTable, name) ? errorTable[name as ErrorName] : 'hold';
}

/** Failure types that Temporal must not retry. */
export const nonRetryableErrorNames: readonly string[] = Object.entries(errorTable)
  .filter(([, disposition]) => disposition !== 'retry')
  .map(([name]) => name);
