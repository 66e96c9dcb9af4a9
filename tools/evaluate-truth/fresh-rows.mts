import { join } from 'node:path';

import { InvalidRecipe } from '@nacre/contracts/errors';
import { sourcesFor, type Recipe } from '@nacre/contracts/recipe';
import { TRUTH_FILE } from '@nacre/contracts/tables';
import { readTable } from '@nacre/data';
import type { ProbabilityRow } from '@nacre/metrics';
import { prepareSource, synthesizeSource } from '@nacre/stages';

import type { LocalStages } from './local-stages.mjs';

/** Rows of the synthetic arena that no run has seen. */
export interface FreshRows {
  /** Folder of their prepared source. */
  readonly comparisons: string;
  /** The true distribution of every row, in label order, answers as given. */
  readonly truth: ProbabilityRow[];
}

const NAME = 'fresh';

/**
 * Draws and prepares rows for the labels of a recipe.
 *
 * @throws InvalidRecipe when the recipe trains on something else than the synthetic arena, where no truth is
 * known, or uses the seed itself
 */
export async function freshRows(
  stages: LocalStages,
  recipe: Recipe,
  { rows, seed }: { readonly rows: number; readonly seed: number },
): Promise<FreshRows> {
  const { labels } = recipe;
  for (const name of [...sourcesFor(recipe, 'train'), ...sourcesFor(recipe, 'extra')]) {
    if (recipe.data[name]?.synthetic === undefined) {
      throw new InvalidRecipe(
        `data.${name} is not synthetic: the true distribution is known of the synthetic arena only`,
      );
    }
  }
  const [used] = Object.entries(recipe.data).find(([, { synthetic }]) => synthetic?.seed === seed) ?? [];
  if (used !== undefined) throw new InvalidRecipe(`--seed ${seed} is that of data.${used}; name another`);
  const drawn = await stages.run(
    synthesizeSource,
    `synthesize/${NAME}`,
    { rows, seed, votes: 'drawn', use: 'test', labels },
    {},
  );
  const comparisons = await stages.run(
    prepareSource,
    `prepare/${NAME}`,
    { name: NAME, format: 'arena_csv', file_type: 'csv', use: 'test', columns: null, labels },
    { source: drawn },
  );
  const truth = await readTable(join(drawn, TRUTH_FILE), {
    id: 'VARCHAR',
    p_model_a: 'DOUBLE',
    p_model_b: 'DOUBLE',
    p_tie: 'DOUBLE',
  });
  return {
    comparisons,
    truth: truth.map((row) => ({
      example_id: `${NAME}:${row.id}`,
      probabilities: labels.map((label) => row[`p_${label}`]),
    })),
  };
}
