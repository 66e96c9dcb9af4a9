import type { RecipeInput } from '@nacre/contracts/recipe';

const tiny = { tiny: { family: 'llama', seed: 1, warm_up: { on: 'latents', rows: 10, steps: 1 } } } as const;

/** A recipe as a person writes it, for runs whose stages are played. */
export function smallRecipe(changes: Partial<RecipeInput> = {}): RecipeInput {
  return {
    nacre: 1,
    name: 'small',
    data: { train: { synthetic: { rows: 10, seed: 1 } }, test: { synthetic: { rows: 10, seed: 2 } } },
    folds: { count: 2, blind_fraction: 0 },
    models: { teacher: tiny, pupil: tiny },
    teachers: { teacher: {} },
    student: { base: 'pupil' },
    run: {
      pools: {
        gpu: { concurrency: 2, heartbeat_timeout: '5s', device: 'cpu' },
        cpu: { heartbeat_timeout: '5s' },
      },
    },
    ...changes,
  };
}
