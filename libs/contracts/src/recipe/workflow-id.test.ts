import { expect, it } from 'vitest';

import { leastRecipe } from './recipe.fixture.js';
import { resolveRecipe } from './resolve-recipe.js';
import { workflowId } from './workflow-id.js';

const idOf = (changes: object = {}) => workflowId(resolveRecipe({ ...leastRecipe(), ...changes }));

it('is the name and 8 hexadecimal characters', () => {
  expect(idOf()).toMatch(/^least-[0-9a-f]{8}$/);
});

it('is the same however the run is carried out, and whether a default is written or left out', () => {
  expect(idOf({ run: { pools: { gpu: { concurrency: 7, queue: 'other', device: 'cpu' } } } })).toBe(idOf());
  expect(idOf({ folds: { count: 5 } })).toBe(idOf());
});

it.each([
  ['the name', { name: 'other' }],
  ['a source', { data: { ...leastRecipe().data, train: { synthetic: { rows: 101, seed: 1 } } } }],
  ['the folds', { folds: { seed: 1 } }],
  ['a control', { controls: { student_alone: true } }],
  ['a gate', { gates: { leak: { otherwise: 'report' } } }],
  ['the student', { student: { base: 'small', losses: { temperature: 2 } } }],
])('is another for another recipe: %s', (_, changes) => {
  expect(idOf(changes).slice(-8)).not.toBe(idOf().slice(-8));
});
