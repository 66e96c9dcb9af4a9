import { DEFAULT_LABEL_POLICY, type Recipe } from '@nacre/contracts/recipe';

/**
 * The parameters of a training (`trainParameters` of the contracts) but for those that only some
 * stages have.
 *
 * @param fold that is held out, null where none is
 * @param from teachers whose logits are targets
 */
export function trainingParameters(
  { labels, training, student }: Recipe,
  role: 'post_pretrain' | 'teacher' | 'student',
  fold: number | null,
  settings: Pick<Recipe['student'], 'epochs' | 'learning_rate' | 'selection'>,
  from: string[],
) {
  const policy = student.labels ?? DEFAULT_LABEL_POLICY;
  const losses = from.length > 0 ? student.losses : { cross_entropy: 1, kl: 0, cosine: 0, temperature: 1 };
  const { epochs, learning_rate, selection } = settings;
  const learns = {
    ...(from.length > 0 && policy !== 'in_sample' && { label_policy: policy }),
    ...(selection !== undefined && { selection }),
  };
  // Post-pretraining has no head before it, so keep is nothing to it.
  const { head, ...common } = training;
  const starts = head === undefined || (role === 'post_pretrain' && head.init === 'keep') ? {} : { head };
  return {
    ...common,
    ...starts,
    labels,
    role,
    fold,
    epochs,
    learning_rate,
    teachers: from,
    ...learns,
    losses,
  };
}
