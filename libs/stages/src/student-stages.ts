import type { Losses, Recipe } from '@nacre/contracts/recipe';

import type { StudentFit } from './student-fits.js';

/** One of the trainings of a student, each of which goes on from the adapter and the head of the one before. */
export interface StudentStage {
  /** What follows the student's name in the name of the stage. */
  readonly suffix: string;
  readonly settings: Pick<Recipe['student'], 'epochs' | 'learning_rate' | 'selection'>;
  /** Teachers that it learns from. */
  readonly teachers: string[];
  /** Parameters in which it differs from a student that is trained once. */
  readonly changes: {
    readonly sources?: string[];
    readonly losses?: Losses;
    readonly order_seed?: number;
    readonly head?: { readonly init: 'keep' };
  };
}

/** More than there are fits of a student, so that no two of its trainings have one order of rows. */
const SEEDS_BETWEEN_STAGES = 100;

/** The trainings of a student that learns from `teachers` (none: from votes alone, whatever the targets). */
export function studentStages(
  { student, training }: Recipe,
  teachers: string[],
  { orderSeed }: StudentFit,
): StudentStage[] {
  const order = orderSeed === undefined ? {} : { order_seed: orderSeed };
  const { stages, selection } = student;
  if (stages === undefined) return [{ suffix: '', settings: student, teachers, changes: order }];
  return stages.map(({ data, targets, epochs, learning_rate }, index) => {
    const from = targets === 'votes' ? [] : teachers;
    return {
      suffix: index === stages.length - 1 ? '' : `/stage-${String(index + 1)}`,
      settings: { epochs, learning_rate, ...(selection && { selection }) },
      teachers: from,
      changes: {
        sources: data,
        ...(targets === 'teachers' && from.length > 0 && { losses: withoutVotes(student.losses) }),
        ...(index === 0
          ? order
          : {
              order_seed: (orderSeed ?? training.seed) + index * SEEDS_BETWEEN_STAGES,
              head: { init: 'keep' },
            }),
      },
    };
  });
}

function withoutVotes(losses: Losses): Losses {
  const { by_source: bySource } = losses;
  const sources = Object.entries(bySource ?? {}).map(([name, own]) => [name, { ...own, cross_entropy: 0 }]);
  return {
    ...losses,
    cross_entropy: 0,
    ...(bySource && { by_source: Object.fromEntries(sources) as Losses['by_source'] }),
  };
}
