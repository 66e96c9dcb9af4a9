import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const tests = ['**/*.test.ts', 'test/**/*.ts'];

/** Which layer may import which: the table of docs/architecture.md. The activity layer's `report` serves activities. */
const layers = [
  ['contract', ['contract']],
  ['domain', ['contract', 'domain']],
  ['platform', ['contract', 'platform']],
  ['activity', ['contract', 'domain', 'platform', 'activity']],
  ['workflow', ['contract', 'domain']],
  ['app', ['contract', 'domain', 'platform', 'activity', 'workflow', 'app']],
].map(([layer, allowed]) => ({
  sourceTag: `layer:${layer}`,
  onlyDependOnLibsWithTags: allowed.map((name) => `layer:${name}`),
}));

/** Isomorphic code also runs in Temporal's workflow sandbox, where neither Node nor a network exists. */
const isomorphic = { sourceTag: 'runtime:isomorphic', onlyDependOnLibsWithTags: ['runtime:isomorphic'] };
const node = { sourceTag: 'runtime:node', onlyDependOnLibsWithTags: ['runtime:isomorphic', 'runtime:node'] };
const bannedInIsomorphic = ['@aws-sdk/*', '@temporalio/client', '@temporalio/worker', '@temporalio/activity'];

const boundaries = (runtimes) => ({
  '@nx/enforce-module-boundaries': ['error', { depConstraints: [...layers, ...runtimes], allow: [] }],
});

/** Source globs of the projects whose package.json carries the tag. */
function sourcesTagged(tag) {
  const folders = ['apps', 'libs'].flatMap((parent) => readdirSync(parent).map((name) => `${parent}/${name}`));
  return [...folders, 'workflows']
    .filter((folder) => existsSync(`${folder}/package.json`))
    .filter((folder) => JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).nx?.tags?.includes(tag))
    .map((folder) => `${folder}/src/**/*.ts`);
}

export default tseslint.config(
  {
    name: 'nacre/ignored',
    ignores: ['**/dist/', '**/test-output/', '**/vitest.config.mts', 'apps/cli/bin/', '.nx/', '.nacre/', '.venv/', '.bootstrap/'],
  },
  { name: 'nacre/strict', files: ['**/*.{ts,mts,mjs}'], extends: [tseslint.configs.strictTypeChecked] },
  {
    name: 'nacre/typescript',
    files: ['**/*.{ts,mts,mjs}'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { '@nx': nx },
    rules: {
      ...boundaries([
        { ...isomorphic, bannedExternalImports: bannedInIsomorphic },
        node,
      ]),
      eqeqeq: 'error',
      'no-console': 'error',
      // Counts and durations read well in messages; everything else must be turned into text on purpose.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => server.close()` is the common shape of a callback whose result nobody reads.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
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
          paths: builtinModules.map((name) => ({ name, message: 'Isomorphic code imports no Node built-in.' })),
          patterns: [{ group: ['node:*'], message: 'Isomorphic code imports no Node built-in.' }],
        },
      ],
      'no-restricted-globals': ['error', 'process', 'Buffer', 'setImmediate', 'require', '__dirname', '__filename'],
    },
  },
  {
    name: 'nacre/command-line',
    files: ['apps/cli/**/*.ts', 'tools/**/*.mjs'],
    rules: { 'no-console': 'off' },
  },
  {
    // Tests run in Node whatever they test; the layers bind them like all code.
    name: 'nacre/tests',
    files: tests,
    rules: boundaries([{ ...isomorphic, onlyDependOnLibsWithTags: ['runtime:isomorphic', 'runtime:node'] }, node]),
  },
);
