import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pythonProgram } from '../setup/python.mjs';
import { inRoot } from '../setup/workspace.mjs';
import { collectOutcomes } from './collect-outcomes.mjs';

/** Below the checkout, so that the fixtures find vitest; git and Nx leave test-output alone. */
const folder = 'tools/test-output/collect-outcomes';

const typeScriptFixture = `
import { expect, test } from 'vitest';
test('holds', () => expect(1).toBe(1));
test('does not hold', () => expect(1).toBe(2));
test('lacks a part', (context) => {
  context.task.meta.notRun = 'no browser';
  context.skip('no browser');
});
test.skip('is switched off', () => {});
`;

const pythonFixture = `
import pytest

def test_holds():
    pass

def test_does_not_hold():
    assert "<a>" == "&"

@pytest.mark.skip(reason="needs a <GPU> & time")
def test_lacks_a_part():
    pass

@pytest.fixture
def broken():
    raise OSError("no disk")

def test_whose_fixture_breaks(broken):
    pass
`;

beforeAll(() => {
  for (const part of ['typescript', 'broken', 'python', 'silent'])
    mkdirSync(inRoot(folder, part), { recursive: true });
  writeFileSync(inRoot(folder, 'typescript/fixture.test.ts'), typeScriptFixture);
  writeFileSync(inRoot(folder, 'broken/fixture.test.ts'), "import './absent.js';\n");
  writeFileSync(inRoot(folder, 'python/test_fixture.py'), pythonFixture);
  for (const part of ['typescript', 'broken']) {
    const vitest = ['run', '--root=.', '--reporter=json', '--outputFile=report.json'];
    spawnSync(inRoot('node_modules/.bin/vitest'), vitest, { cwd: inRoot(folder, part) });
  }
  const pytest = [
    '-m',
    'pytest',
    '-p',
    'no:cacheprovider',
    '--rootdir=.',
    '-c',
    '/dev/null',
    '--junitxml=report.xml',
  ];
  spawnSync(pythonProgram(), pytest, { cwd: inRoot(folder, 'python') });
}, 60_000);

afterAll(() => rmSync(inRoot(folder), { recursive: true, force: true }));

/** What a run over one fixture project comes to. */
const outcomesOf = (part: string, succeeded: boolean) =>
  collectOutcomes([`${folder}/${part}`], ['report.json', 'report.xml'], succeeded, 'the run').map(
    ({ name, state, reason }) => [
      name.replace(`${folder}/`, ''),
      state,
      ...(reason === undefined ? [] : [reason]),
    ],
  );

describe('the outcomes of a run', () => {
  test('are those that vitest reports, with the reason of a test that did not run', () => {
    expect(outcomesOf('typescript', false)).toEqual([
      ['typescript/fixture.test.ts: holds', 'passed'],
      ['typescript/fixture.test.ts: does not hold', 'failed'],
      ['typescript/fixture.test.ts: lacks a part', 'skipped', 'no browser'],
      ['typescript/fixture.test.ts: is switched off', 'skipped', 'skipped by its source'],
    ]);
  });

  test('count a test file that cannot be imported as a failure', () => {
    expect(outcomesOf('broken', false)).toEqual([
      ['broken/fixture.test.ts: failed outside its tests', 'failed'],
    ]);
  });

  test('are those that pytest reports, a broken fixture included', () => {
    expect(outcomesOf('python', false)).toEqual([
      ['python: test_fixture.test_holds', 'passed'],
      ['python: test_fixture.test_does_not_hold', 'failed'],
      ['python: test_fixture.test_lacks_a_part', 'skipped', 'needs a <GPU> & time'],
      ['python: test_fixture.test_whose_fixture_breaks', 'failed'],
    ]);
  });

  test('hold a failure for a project that ended without a report', () => {
    expect(outcomesOf('silent', true)).toEqual([['silent: ended without a report', 'failed']]);
  });

  test('hold a failure for an exit code that no test explains', () => {
    const outcomes = collectOutcomes([], [], false, 'the run');
    expect(outcomes).toEqual([
      { name: 'the run: exited with an error though no test failed', state: 'failed', seconds: 0 },
    ]);
  });
});
