import { readLogits, type RunArtifacts } from '@nacre/activities';
import type { Recipe } from '@nacre/contracts/recipe';
import type { LogitRow } from '@nacre/metrics';
import { exportLogits, predict, tokenize } from '@nacre/stages';

import { inTurn } from './in-turn.mjs';
import type { LocalStages } from './local-stages.mjs';

/** Raw logits of one model of a run on the fresh rows, in both orders. */
export interface ModelLogits {
  readonly arm: 'teachers' | 'student_alone' | 'student' | 'merged' | 'quantized';
  readonly model: string;
  /** null for models made of all folds. */
  readonly fold: number | null;
  readonly rows: readonly LogitRow[];
}

/** What the models are applied with. */
export interface ModelLogitsSettings {
  readonly stages: LocalStages;
  readonly artifacts: RunArtifacts;
  /** Models at the same time. */
  readonly concurrency: number;
  readonly log: (line: string) => void;
}

type Asked = Omit<ModelLogits, 'rows'> & { readonly stage: string };

/**
 * Applies every model of a run to prepared rows: teachers, students and students alone of each fold, the
 * merged student, and the 8-bit one. Models whose stage was skipped are left out and logged.
 *
 * @throws what the Python tasks throw
 */
export async function modelLogits(
  recipe: Recipe,
  comparisons: string,
  { stages, artifacts, concurrency, log }: ModelLogitsSettings,
): Promise<ModelLogits[]> {
  const { labels, prompt, training } = recipe;
  const asked = modelsOf(recipe);
  const present = asked.filter(({ stage }) => artifacts.has(stage));
  for (const { stage } of asked.filter((model) => !present.includes(model))) {
    log(`${stage} was skipped in the run; its model is left out`);
  }
  return inTurn(concurrency, present, async ({ stage, ...model }) => {
    const base = await artifacts.of(`base/${model.model}`);
    const max_tokens = model.arm === 'quantized' ? recipe.predict.max_tokens : prompt.max_tokens;
    const tokens = await stages.run(
      tokenize,
      `tokenize/${model.model}/fresh`,
      { labels, ...prompt, max_tokens },
      { base, comparisons },
    );
    const inputs = { 'tokens-fresh': tokens };
    const made = await artifacts.of(stage);
    const logits =
      model.arm === 'quantized'
        ? await stages.run(
            predict,
            `fresh/${stage}`,
            { labels, rows: 'all', orders: 'both' },
            { model: made, ...inputs },
          )
        : await stages.run(
            exportLogits,
            `fresh/${stage}`,
            { labels, rows: 'all', fold: null, prompt, dtype: training.dtype },
            { base, adapter: made, ...inputs },
          );
    log(`logits of ${stage}`);
    return { ...model, rows: await readLogits(logits, labels) };
  });
}

/** The models of a recipe by the names that distillation.ts gives their stages. */
function modelsOf({ folds, teachers, student, controls }: Recipe): Asked[] {
  const model = student.base;
  const perFold = Array.from({ length: folds.count }, (_, fold): Asked[] => [
    ...Object.keys(teachers).map((teacher) => ({
      arm: 'teachers' as const,
      model: teacher,
      fold,
      stage: `teacher/${teacher}/fold-${fold}`,
    })),
    ...(controls.student_alone && Object.keys(teachers).length > 0
      ? [{ arm: 'student_alone' as const, model, fold, stage: `student-alone/fold-${fold}` }]
      : []),
    { arm: 'student', model, fold, stage: `student/fold-${fold}` },
  ]);
  return [
    ...perFold.flat(),
    { arm: 'merged', model, fold: null, stage: 'merge' },
    { arm: 'quantized', model, fold: null, stage: 'quantize' },
  ];
}
