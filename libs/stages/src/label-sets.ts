import type { LabelPolicy } from '@nacre/contracts/recipe';

/** The teachers of one set of held-out folds, as the student of a fold meets them. */
export interface LabelSet {
  /** Folds that these teachers hold out, ascending: one, the two of a pair, or none. */
  readonly heldOut: readonly number[];
  /** End of the names of their stages. */
  readonly title: string;
  /** What follows a teacher's name in the name of the student's input. */
  readonly input: string;
  /** What follows a teacher's name in the name of the measurement's input; null: nothing measures them. */
  readonly measured: string | null;
}

/**
 * The teachers that label the rows of a fold's student. A pair is measured on both folds that it holds out: in the
 * table of a fold the teachers of its pairs are called <teacher>+1, +2, …, by how far the other fold comes after it.
 * A student that holds out no fold (null) learns in sample from teachers that hold out none either.
 */
export function labelSets(policy: LabelPolicy, fold: number | null, count: number): LabelSet[] {
  if (fold === null) {
    return policy === 'in_sample'
      ? [{ heldOut: [], title: 'full', input: '', measured: null }]
      : Array.from({ length: count }, (_, each) => single(each));
  }
  const others = Array.from({ length: count - 1 }, (_, index) => index + 1);
  const after = (offset: number) => (fold + offset) % count;
  switch (policy) {
    case 'in_sample':
      return [{ ...single(fold), input: '' }];
    case 'out_of_fold':
      return [0, ...others].map((offset) => single(after(offset)));
    case 'nested':
      return others.map((offset) => pair(fold, after(offset), `+${String(offset)}.${String(fold)}`));
  }
}

function single(fold: number): LabelSet {
  const end = `.${String(fold)}`;
  return { heldOut: [fold], title: `fold-${String(fold)}`, input: end, measured: end };
}

function pair(own: number, other: number, measured: string): LabelSet {
  const heldOut = [own, other].sort((left, right) => left - right);
  return { heldOut, title: `folds-${heldOut.join('-')}`, input: `.${heldOut.join('.')}`, measured };
}
