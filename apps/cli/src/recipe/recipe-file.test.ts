import { join } from 'node:path';

import { InvalidRecipe } from '@nacre/contracts/errors';
import { resolveRecipe } from '@nacre/contracts/recipe';
import { describe, expect, it } from 'vitest';

import { temporaryFolder } from '../temporary-folder.fixture.js';
import { readRecipe } from './recipe-file.js';

/** The recipe that `recipe.yaml` of these files makes. */
function read(
  files: Record<string, string>,
  settings: readonly string[] = [],
): Promise<Record<string, unknown>> {
  return readRecipe(join(temporaryFolder(files), 'recipe.yaml'), settings);
}

/** What is said against `recipe.yaml` of these files, with the folder's name left out. */
async function faultOf(files: Record<string, string>): Promise<string> {
  const folder = temporaryFolder(files);
  const error: unknown = await readRecipe(join(folder, 'recipe.yaml'), []).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InvalidRecipe);
  return (error as InvalidRecipe).message.replaceAll(`${folder}/`, '');
}

describe('extends', () => {
  it('merges maps key by key and replaces lists and single values', async () => {
    const recipe = await read({
      'base.yaml': 'labels: [model_a, model_b, tie]\nfolds: { count: 5, seed: 1 }\nname: base',
      'recipe.yaml': 'extends: base.yaml\nlabels: [model_a, model_b]\nfolds: { count: 3 }\nname: mine',
    });
    expect(recipe).toEqual({ labels: ['model_a', 'model_b'], folds: { count: 3, seed: 1 }, name: 'mine' });
  });

  it('goes through several files, each relative to the one that names it', async () => {
    const recipe = await read({
      'base/ground.yaml': 'a: 1\nb: 1\nc: 1',
      'base/middle.yaml': 'extends: ground.yaml\nb: 2\nc: 2',
      'recipe.yaml': 'extends: base/middle.yaml\nc: 3',
    });
    expect(recipe).toEqual({ a: 1, b: 2, c: 3 });
  });

  it('lets a value take the place of a map and a map that of a value', async () => {
    const files = {
      'base.yaml': 'a: { x: 1 }\nb: 1',
      'recipe.yaml': 'extends: base.yaml\na: 1\nb: { x: 1 }',
    };
    expect(await read(files)).toEqual({ a: 1, b: { x: 1 } });
  });

  it('in a circle is refused, naming the circle', async () => {
    expect(await faultOf({ 'recipe.yaml': 'extends: b.yaml', 'b.yaml': 'extends: recipe.yaml' })).toBe(
      'recipe.yaml: extends itself, through recipe.yaml → b.yaml → recipe.yaml; break the circle',
    );
  });

  it('of a file that is not there names both files', async () => {
    expect(await faultOf({ 'recipe.yaml': 'extends: gone.yaml' })).toBe(
      'gone.yaml: no such file; recipe.yaml extends it',
    );
  });

  it('takes one name', async () => {
    expect(await faultOf({ 'recipe.yaml': 'extends: [a.yaml]' })).toBe(
      'recipe.yaml: extends: write the name of one file',
    );
  });
});

it('a local path of a source is relative to the file it stands in, others stay', async () => {
  const folder = temporaryFolder({
    'base/ground.yaml': 'data: { train: { path: train.csv }, test: { path: "s3://bucket/test.csv" } }',
    'recipe.yaml':
      'extends: base/ground.yaml\ndata: { extra: { path: ../more.csv }, ut: { path: /data/ut.csv } }',
  });
  const { data } = await readRecipe(join(folder, 'recipe.yaml'), []);
  expect(data).toEqual({
    train: { path: join(folder, 'base', 'train.csv') },
    test: { path: 's3://bucket/test.csv' },
    extra: { path: join(folder, '..', 'more.csv') },
    ut: { path: '/data/ut.csv' },
  });
});

it('JSON is read as well', async () => {
  expect(await read({ 'recipe.yaml': '{"name": "x", "folds": {"count": 3}}' })).toEqual({
    name: 'x',
    folds: { count: 3 },
  });
});

it('--set comes last, over everything that is extended', async () => {
  const files = {
    'base.yaml': 'folds: { count: 5, seed: 1 }',
    'recipe.yaml': 'extends: base.yaml\nfolds: { count: 4 }',
  };
  expect(await read(files, ['folds.count=3', 'folds.count=2'])).toEqual({ folds: { count: 2, seed: 1 } });
});

describe('a file that is no recipe', () => {
  it('with a teacher twice is refused with file, line and key', async () => {
    const text = 'name: x\nteachers:\n  llama: {}\n  qwen: {}\n  llama: { epochs: 2 }\n';
    expect(await faultOf({ 'recipe.yaml': text })).toBe(
      'recipe.yaml:5: the key llama stands twice in one map; remove or rename one',
    );
  });

  it.each<[string, string, string | RegExp]>([
    ['broken YAML', 'a: 1\nb: [1\nc: 2', /^recipe\.yaml:3: Flow sequence .* must be .*\]$/],
    ['a list', '- a', 'recipe.yaml: a recipe is a map of keys; `npx nacre init` writes one'],
    ['nothing', '', 'recipe.yaml: a recipe is a map of keys; `npx nacre init` writes one'],
    ['an alias of nothing', 'a: *gone', /^recipe\.yaml: Unresolved alias/],
    ['two documents', 'a: 1\n---\nb: 1', /^recipe\.yaml:2: Source contains multiple documents/],
  ])('is refused with its place: %s', async (_, text, fault) => {
    expect(await faultOf({ 'recipe.yaml': text })).toEqual(
      typeof fault === 'string' ? fault : expect.stringMatching(fault),
    );
  });

  it('is refused when it would multiply itself by aliases', async () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (const [from, to] of ['ab', 'bc', 'cd', 'de']) bomb.push(`${to}: &${to} [${`*${from}, `.repeat(9)}]`);
    expect(await faultOf({ 'recipe.yaml': bomb.join('\n') })).toMatch(/^recipe\.yaml: Excessive alias count/);
  });

  it('is refused when it is not there', async () => {
    expect(await faultOf({})).toBe('recipe.yaml: no such file; name a recipe file');
  });

  it('cannot reach what objects inherit', async () => {
    const recipe = await read({
      'base.yaml': '__proto__: { nacre: 1 }',
      'recipe.yaml': 'extends: base.yaml\n__proto__: { name: x }',
    });
    expect(recipe['nacre']).toBeUndefined();
    expect(() => resolveRecipe(recipe)).toThrow('__proto__: unknown key');
  });
});
