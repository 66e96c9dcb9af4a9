import type { Measurement } from '@nacre/contracts/measurement';

/** What marks a score that is not honest, in every table. */
export const SPOILT = '*';

/** Which columns of the fold and waterfall tables are honest, and why, in one or two sentences. */
export function honesty({
  label_policy: policy = 'in_sample',
  contaminated = [],
  optimistic = [],
}: Pick<Measurement, 'label_policy' | 'contaminated' | 'optimistic'>): string {
  const sentences = {
    in_sample:
      'Every column is honest: the student of a fold learnt from teachers of the same fold, which had not seen its dev rows either (they had seen the rows that they labelled).',
    out_of_fold: `The blind column is honest, and so are the rows of teachers and of the student alone. ${SPOILT} is not: each label came from a teacher that had not seen its row, but the teachers of a student had seen its dev rows.`,
    nested:
      'Every column is honest: each label came from a teacher that had seen neither its row nor the dev rows of the student. <teacher>+1 also held out the next fold, +2 the one after, counted round.',
  } as const;
  if (optimistic.length > 0) {
    const also = policy === 'out_of_fold' && contaminated.length > 0 ? ` ${sentences.out_of_fold}` : '';
    return `The blind column is honest. ${SPOILT} is optimistic on dev rows: the weights of ${optimistic.join(', ').replaceAll('_', ' ')} were chosen by these very rows.${also}`;
  }
  return policy === 'out_of_fold' && contaminated.length === 0
    ? 'Every column is honest.'
    : sentences[policy];
}
