/** Groups of stages in the order in which a run comes to them. */
export const stageGroups = ['data', 'train', 'logits', 'merge-quantize', 'publish'] as const;
export type StageGroup = (typeof stageGroups)[number];

/**
 * What a stage is at. claim: its register is being claimed; run: its inputs are fetched or its task computes; save: a
 * checkpoint is being written; upload: a checkpoint or a file of the artifact is on its way to the store; publish: the
 * manifest or the published register is.
 */
export const moments = ['claim', 'run', 'save', 'upload', 'publish'] as const;
export type Moment = (typeof moments)[number];

/** Whom a disturbance hits. trainer: the leader of a task's process group; rank: another process of that group. */
export const victims = ['trainer', 'rank', 'worker', 'temporal', 's3'] as const;
export type Victim = (typeof victims)[number];

/** One place of the coverage table. */
export interface DrillCell {
  readonly group: StageGroup;
  readonly moment: Moment;
  readonly victim: Victim;
}

const groupOfKind: Readonly<Record<string, StageGroup>> = {
  post_pretrain: 'train',
  train_teacher: 'train',
  distil: 'train',
  export_logits: 'logits',
  merge: 'merge-quantize',
  quantize: 'merge-quantize',
  predict: 'publish',
  measure: 'publish',
  submit: 'publish',
};

/** The group of a stage kind; whatever comes before any training is data. */
export function groupOf(kind: string): StageGroup {
  return groupOfKind[kind] ?? 'data';
}

/** Every cell of the coverage table, in its order. */
export const allCells: readonly DrillCell[] = stageGroups.flatMap((group) =>
  moments.flatMap((moment) => victims.map((victim) => ({ group, moment, victim }))),
);

/** Why nothing can be hit in a cell; undefined where it is reachable. */
export function unreachableBecause({ group, moment, victim }: DrillCell): string | undefined {
  if (moment === 'save' && group !== 'train') return 'only a training saves checkpoints';
  if (victim === 'rank' && group !== 'train') return 'only a training has several ranks';
  const hasTask = victim === 'worker' || victim === 'temporal' || victim === 's3';
  if (hasTask) return undefined;
  if (moment === 'claim') return 'a stage is claimed before its task begins';
  if (moment === 'publish') return 'a stage is published after its task has ended';
  if (moment === 'upload' && group !== 'train') return 'an artifact is uploaded after its task has ended';
  return undefined;
}

/** The cells that a drill must fill. */
export const reachableCells: readonly DrillCell[] = allCells.filter(
  (cell) => unreachableBecause(cell) === undefined,
);

/** The cell as one word, e.g. `train/upload/worker`. */
export function cellName({ group, moment, victim }: DrillCell): string {
  return `${group}/${moment}/${victim}`;
}
