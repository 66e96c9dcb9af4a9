import type { Measurement } from '@nacre/contracts/measurement';
import type { LabelPolicy } from '@nacre/contracts/recipe';

/**
 * The roles and steps, of those given, whose scores on dev rows are not honest under a label policy. Under
 * out_of_fold the student of a fold learns from the teachers of all other folds, and those have seen its dev rows.
 * Teachers are always scored on rows that they held out, and blind rows nobody has seen.
 */
export function contaminatedSteps(
  policy: LabelPolicy | undefined,
  steps: readonly { readonly step: string }[],
): NonNullable<Measurement['contaminated']> {
  if (policy !== 'out_of_fold') return [];
  return (['permuted_teachers', 'student'] as const).filter((name) =>
    steps.some(({ step }) => step === name),
  );
}
