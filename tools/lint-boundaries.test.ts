import { resolve } from 'node:path';
import { createProjectGraphAsync } from '@nx/devkit';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { beforeAll, describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** The root configuration without its typed rules, so that a text can be linted as if it lay in any project. */
const eslint = new ESLint({ cwd: root, overrideConfig: [tseslint.configs.disableTypeChecked] });

/** Ids of the rules that refuse `import` of the module from that file. */
async function rulesBroken(file: string, module: string): Promise<string[]> {
  const text = `import * as imported from '${module}';\nexport const forwarded = imported;\n`;
  const [result] = await eslint.lintText(text, { filePath: resolve(root, file) });
  return (result?.messages ?? []).map((message) => message.ruleId ?? message.message);
}

// Without a project graph the rule on boundaries passes everything in silence.
beforeAll(() => createProjectGraphAsync(), 60_000);

describe('an import along the layers passes', () => {
  test.each([
    ['libs/contracts/src/probe.ts', 'zod'],
    ['libs/stages/src/probe.ts', '@nacre/contracts/recipe'],
    ['libs/data/src/probe.ts', '@nacre/contracts/errors'],
    ['libs/artifact-store/src/probe.ts', '@aws-sdk/client-s3'],
    ['libs/activities/src/probe.ts', '@nacre/report'],
    ['libs/activities/src/probe.ts', '@nacre/artifact-store'],
    ['workflows/src/probe.ts', '@nacre/stages'],
    ['apps/cli/src/probe.ts', '@nacre/local-stack'],
    ['apps/worker/src/probe.ts', 'node:fs'],
  ])('%s imports %s', async (file, module) => {
    expect(await rulesBroken(file, module)).toEqual([]);
  });
});

describe('an import against the layers is an error', () => {
  test.each([
    ['libs/contracts/src/probe.ts', '@nacre/stages'],
    ['libs/stages/src/probe.ts', '@nacre/artifact-store'],
    ['libs/artifact-store/src/probe.ts', '@nacre/stages'],
    ['libs/artifact-store/src/probe.ts', '@nacre/activities'],
    ['libs/activities/src/probe.ts', '@nacre/workflows'],
    ['workflows/src/probe.ts', '@nacre/activities'],
    ['workflows/src/probe.ts', '@nacre/temporal-connection'],
    ['libs/report/src/probe.ts', '@nacre/cli'],
    ['libs/data/src/probe.test.ts', '@nacre/artifact-store'],
  ])('%s imports %s', async (file, module) => {
    expect(await rulesBroken(file, module)).toContain('@nx/enforce-module-boundaries');
  });
});

describe('isomorphic code reaches for no runtime', () => {
  test.each([
    ['libs/stages/src/probe.ts', '@nacre/data', '@nx/enforce-module-boundaries'],
    ['workflows/src/probe.ts', '@nacre/data', '@nx/enforce-module-boundaries'],
    ['libs/metrics/src/probe.ts', '@aws-sdk/client-s3', '@nx/enforce-module-boundaries'],
    ['libs/contracts/src/probe.ts', '@temporalio/client', '@nx/enforce-module-boundaries'],
    ['workflows/src/probe.ts', '@temporalio/worker', '@nx/enforce-module-boundaries'],
    ['workflows/src/probe.ts', '@temporalio/activity', '@nx/enforce-module-boundaries'],
    ['workflows/src/probe.ts', 'node:fs', 'no-restricted-imports'],
    ['libs/contracts/src/probe.ts', 'crypto', 'no-restricted-imports'],
    ['libs/metrics/src/probe.ts', 'node:worker_threads', 'no-restricted-imports'],
    ['libs/stages/src/probe.ts', 'fs/promises', 'no-restricted-imports'],
  ])('%s imports %s', async (file, module, rule) => {
    expect(await rulesBroken(file, module)).toContain(rule);
  });
});
