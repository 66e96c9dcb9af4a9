import type { FoldLogits, MeasurementInput } from './measurement-input.js';
import type { FoldRow, LogitRow } from './rows.js';

/** With a tie. */
export const labels = ['model_a', 'model_b', 'tie'] as ['model_a', 'model_b', 'tie'];

/** 60 train rows in 3 folds, 60 blind rows, 6 extra rows; votes in turn, so that the prior is 1/3 each. */
export const rows: FoldRow[] = Array.from({ length: 126 }, (_, index) => ({
  example_id: index < 120 ? `train:${index}` : `extra:${index}`,
  label: labels[index % 3] ?? 'tie',
  prompt_group: `group ${index}`,
  fold: index < 60 ? Math.floor(index / 20) : -1,
  blind: index >= 60 && index < 120,
}));

/** A model that gives the vote the probability `p` and each other class half of the rest; swapped rows follow. */
export function logits(p: number, wanted: (row: FoldRow) => boolean, swapped = false): LogitRow[] {
  return rows.filter(wanted).map((row) => {
    const logits = labels.map((label) => Math.log(label === row.label ? p : (1 - p) / 2));
    const [first = 0, second = 0, tie = 0] = logits;
    return { example_id: row.example_id, swapped, logits: swapped ? [second, first, tie] : logits };
  });
}

/** A model in each of the three folds, with its dev rows and the blind rows. */
export function foldModels(model: string, role: FoldLogits['role'], p: number): FoldLogits[] {
  return [0, 1, 2].map((fold) => ({
    model,
    role,
    fold,
    rows: logits(p, (row) => row.fold === fold || row.blind),
  }));
}

/** Whether a row is blind. */
export const blind = (row: FoldRow) => row.blind;

/** A run with two teachers, the student and the student alone, merged and in 8 bits. */
export const measured: MeasurementInput = {
  labels,
  rows,
  models: [
    ...foldModels('llama', 'teacher', 0.7),
    ...foldModels('qwen', 'teacher', 0.9),
    ...foldModels('gemma', 'student_alone', 0.5),
    ...foldModels('gemma', 'student', 0.75),
  ],
  merged: logits(0.74, blind),
  quantized: [...logits(0.72, blind), ...logits(0.76, blind, true)],
  roundToNearest: null,
  lengths: null,
  gates: {},
};
