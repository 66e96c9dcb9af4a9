import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { resolve } from 'node:path';
import nx from '@nx/eslint-plugin';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Its types are written for eslint 9's declarations; its rules run on 10.
const nxPlugin = /** @type {import('eslint').ESLint.Plugin} */ (/** @type {unknown} */ (nx));

const tests = ['**/*.test.ts', '**/*.fixture.ts', '*/*/src/testing/**/*.ts', 'test/**/*.ts'];

/**
 * Which layer may import which: the table of docs/architecture.md. The activity layer's `report` serves activities.
 * @type {Record<string, string[]>}
 */
const importable = {
  contract: ['contract'],
  domain: ['contract', 'domain'],
  platform: ['contract', 'platform'],
  activity: ['contract', 'domain', 'platform', 'activity'],
  workflow: ['contract', 'domain'],
  app: ['contract', 'domain', 'platform', 'activity', 'workflow', 'app'],
};

const layers = Object.entries(importable).map(([layer, allowed]) => ({
  sourceTag: `layer:${layer}`,
  onlyDependOnLibsWithTags: allowed.map((name) => `layer:${name}`),
}));

const runtimes = [
  {
    // Isomorphic code also runs in Temporal's workflow sandbox, where neither Node nor a network exists.
    sourceTag: 'runtime:isomorphic',
    onlyDependOnLibsWithTags: ['runtime:isomorphic'],
    bannedExternalImports: ['@aws-sdk/*', '@temporalio/client', '@temporalio/worker', '@temporalio/activity'],
  },
  { sourceTag: 'runtime:node', onlyDependOnLibsWithTags: ['runtime:isomorphic', 'runtime:node'] },
];

/** @param {string[]} parts */
const inRoot = (...parts) => resolve(import.meta.dirname, ...parts);

/** @param {string} tag @returns {string[]} source globs of the projects whose package.json carries the tag */
function sourcesTagged(tag) {
  const folders = ['apps', 'libs'].flatMap((parent) =>
    readdirSync(inRoot(parent)).map((name) => `${parent}/${name}`),
  );
  return [...folders, 'workflows']
    .filter((folder) => existsSync(inRoot(folder, 'package.json')))
    .filter((folder) => readFileSync(inRoot(folder, 'package.json'), 'utf8').includes(`"${tag}"`))
    .map((folder) => `${folder}/src/**/*.ts`);
}

export default defineConfig(
  {
    name: 'nacre/ignored',
    ignores: [
      '**/dist/',
      '**/test-output/',
      '**/vitest.config.mts',
      'apps/cli/bin/',
      '.nx/',
      '.nacre/',
      '.venv/',
      '.bootstrap/',
    ],
  },
  { name: 'nacre/strict', files: ['**/*.{ts,mts,mjs}'], extends: [tseslint.configs.strictTypeChecked] },
  {
    name: 'nacre/typescript',
    files: ['**/*.{ts,mts,mjs}'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { '@nx': nxPlugin },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { depConstraints: [...layers, ...runtimes] }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      // Counts and durations read well in messages; everything else must be turned into text on purpose.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => server.close()` is the common shape of a callback whose result nobody reads.
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // `const { run: _run, ...rest } = recipe` is how a key is left out.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    name: 'nacre/isomorphic',
    files: sourcesTagged('runtime:isomorphic'),
    ignores: tests,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: builtinModules.map((name) => ({
            name,
            message: 'Isomorphic code imports no Node built-in.',
          })),
          patterns: [{ group: ['node:*'], message: 'Isomorphic code imports no Node built-in.' }],
        },
      ],
      'no-restricted-globals': [
        'error',
        'process',
        'Buffer',
        'setImmediate',
        'require',
        '__dirname',
        '__filename',
      ],
    },
  },
  {
    name: 'nacre/command-line',
    files: ['apps/cli/**/*.ts', 'tools/**/*.{mjs,mts}'],
    rules: { 'no-console': 'off' },
  },
  {
    // typescript-eslint does not see casts written as JSDoc; tsc does.
    name: 'nacre/plain-javascript',
    files: ['**/*.mjs'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  {
    name: 'nacre/tests',
    files: tests,
    rules: {
      // Tests run in Node whatever they test; the layers bind them like all code.
      '@nx/enforce-module-boundaries': ['error', { depConstraints: layers }],
      // An element that is missing fails the test, which is what the test is for.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
