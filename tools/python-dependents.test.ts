import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createProjectGraphAsync } from '@nx/devkit';
import { HashPlanInspector } from 'nx/src/hasher/hash-plan-inspector.js';
import { beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Files that enter the cache key of each project's `test`, as Nx itself plans them. */
const inputs = new Map<string, Set<string>>();

/** Projects whose tests run again when the file changes; those of tools, which judge the whole workspace, aside. */
function rerunBy(file: string): string[] {
  expect(existsSync(resolve(root, file)), `${file} exists`).toBe(true);
  return [...inputs]
    .filter(([, files]) => files.has(file))
    .map(([project]) => project)
    .sort();
}

beforeAll(async () => {
  const graph = await createProjectGraphAsync();
  const inspector = new HashPlanInspector(graph, root);
  await inspector.init();
  for (const { name, data } of Object.values(graph.nodes)) {
    if (name === 'tools' || data.targets?.['test'] === undefined) continue;
    const task = inspector.inspectTaskInputs({ project: name, target: 'test' })[`${name}:test`];
    inputs.set(name, new Set(task?.files));
  }
}, 60_000);

const usersOfActivities = ['@nacre/activities', '@nacre/cli', '@nacre/worker'];

describe('a changed Python file runs exactly its dependents again', () => {
  test('a module of model: model, quantization and all that starts Python tasks', () => {
    expect(rerunBy('libs/model/src/nacre_model/__init__.py')).toEqual([
      ...usersOfActivities,
      'model',
      'quantization',
    ]);
  });

  test('a module of quantization: not model', () => {
    expect(rerunBy('libs/quantization/src/nacre_quantization/__init__.py')).toEqual([
      ...usersOfActivities,
      'quantization',
    ]);
  });

  test('the pinned packages: as a module of model', () => {
    const users = [...usersOfActivities, 'model', 'quantization'];
    expect(rerunBy('tools/python/requirements.txt')).toEqual(users);
  });

  test('a Python test: its own project only', () => {
    expect(rerunBy('libs/quantization/tests/conftest.py')).toEqual(['quantization']);
  });

  test('a TypeScript file of activities: no Python project', () => {
    expect(rerunBy('libs/activities/src/index.ts')).toEqual(usersOfActivities);
  });
});
