import { InvalidRecipe } from '@nacre/contracts/errors';
import type { Recipe } from '@nacre/contracts/recipe';

import type { PlannedStage } from './dry-runner.js';
import { nearestNames } from './nearest-names.js';

type Named = Pick<PlannedStage, 'name' | 'needs'>;

/** Whether a word of the recipe means a stage: by its name, or as a beginning of it that ends with a slash. */
export function meansStage(word: string, stage: string): boolean {
  return word === stage || (word.endsWith('/') && stage.startsWith(word));
}

/** Names of the stages that `run.until` leaves of a run: those it means and all that they need. All without it. */
export function stagesUntil(planned: readonly Named[], until: string | undefined): ReadonlySet<string> {
  const names = planned.map(({ name }) => name);
  if (until === undefined) return new Set(names);
  const needs = new Map(planned.map((stage) => [stage.name, stage.needs]));
  const wanted = new Set<string>();
  const want = (name: string): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    needs.get(name)?.forEach(want);
  };
  names.filter((name) => meansStage(until, name)).forEach(want);
  return wanted;
}

/**
 * Every stage that the `run:` settings name must be one of the recipe. No part of the contract of a recipe,
 * because only the recipe as a whole says which stages there are.
 *
 * @throws InvalidRecipe with each unknown name, its place and the names most like it
 */
export function assertStageNames({ run }: Recipe, planned: readonly Named[]): void {
  const names = planned.map(({ name }) => name);
  const words = [
    ...(run.until === undefined ? [] : [['run.until', run.until] as const]),
    ...run.cache.off.map((word) => ['run.cache.off', word] as const),
  ];
  const faults = words
    .filter(([, word]) => !names.some((name) => meansStage(word, name)))
    .map(([place, word]) => `${place}: no stage ${word}; near: ${nearestNames(word, names).join(', ')}`);
  if (faults.length > 0) throw new InvalidRecipe(faults.join('\n'));
}
