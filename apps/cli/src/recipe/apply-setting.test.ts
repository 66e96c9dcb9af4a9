import { InvalidRecipe } from '@nacre/contracts/errors';
import { expect, it } from 'vitest';

import { applySetting } from './apply-setting.js';

function after(setting: string): Record<string, unknown> {
  const document = { name: 'x', folds: { count: 5, seed: 1 }, post_pretrain: { data: 'ut' } };
  applySetting(document, setting);
  return document;
}

it.each<[string, object]>([
  ['folds.count=3', { folds: { count: 3, seed: 1 } }],
  ['name=other', { name: 'other' }],
  ['name="3"', { name: '3' }],
  ['labels=[model_a, model_b]', { labels: ['model_a', 'model_b'] }],
  ['controls.student_alone=true', { controls: { student_alone: true } }],
  ['run.pools.gpu.device=cpu', { run: { pools: { gpu: { device: 'cpu' } } } }],
  ['folds={ count: 2 }', { folds: { count: 2 } }],
  ['data.train.path=a=b.csv', { data: { train: { path: 'a=b.csv' } } }],
  ['constructor.name=x', { constructor: { name: 'x' } }],
])('%s sets the value, making maps on the way', (setting, expected) => {
  expect(after(setting)).toMatchObject(expected);
});

it.each(['post_pretrain=null', 'post_pretrain=', 'post_pretrain=~'])('%s removes the key', (setting) => {
  expect(after(setting)).not.toHaveProperty('post_pretrain');
});

it('null below another key removes only that', () => {
  expect(after('folds.seed=null')).toMatchObject({ folds: { count: 5 } });
  expect(after('folds.seed=null')).not.toHaveProperty('folds.seed');
});

it.each([
  ['folds', 'write path=value, e.g. --set folds.count=3'],
  ['=3', 'write path=value, e.g. --set folds.count=3'],
  ['folds..count=3', 'write path=value, e.g. --set folds.count=3'],
  ['__proto__.x=3', 'write path=value, e.g. --set folds.count=3'],
  ['name.first=x', 'name is a value and has no keys below it'],
  ['labels=[a', 'the value is no YAML; quote it, e.g. --set \'name="my-run"\''],
])('--set %s is refused: %s', (setting, fault) => {
  expect(() => after(setting)).toThrow(InvalidRecipe);
  expect(() => after(setting)).toThrow(`--set ${setting}: ${fault}`);
});
