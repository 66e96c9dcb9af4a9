import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { resolveStudy, type StudyResults } from '@nacre/contracts/study';
import { describe, expect, it } from 'vitest';

import { temporaryFolder } from '../temporary-folder.fixture.js';
import { readStudy } from './read-study.js';
import { readResults, withRun, writeResults } from './results-file.js';
import { studiesPage } from './studies-page.js';
import { studySection } from './study-page.js';
import { studyRuns } from './study-runs.js';

const root = resolve(import.meta.dirname, '../../../..');

const file = {
  file: 's.yaml',
  recipeFile: 'r.yaml',
  resultsFile: 's.results.json',
  study: resolveStudy({
    nacre_study: 1,
    name: 'epochs',
    question: 'How many?',
    recipe: 'r.yaml',
    seeds: [1, 2],
    arms: { two: {}, four: { 'student.epochs': 4 } },
    baseline: 'two',
  }),
};

const rows = 'a'.repeat(16);
const groups = '000001000002';
const run = (arm: string, seed: number, losses: number[]) => ({
  ...{ arm, seed, workflow_id: `${arm}-${String(seed)}`, seconds: 30, computed: 4, reused: 2, rows, losses },
});
const nothing: StudyResults = {
  ...{ nacre_study_results: 1, study: 'epochs', measured: 'merged', loss: 'votes', rows: [], runs: [] },
};
const results: StudyResults = {
  ...nothing,
  loss: 'expected',
  rows: [{ digest: rows, groups }],
  runs: [
    ...[run('two', 1, [900, 800]), run('four', 1, [890, 790])],
    ...[run('two', 2, [900, 800]), run('four', 2, [870, 770])],
  ],
};

describe('a study on the page', () => {
  it('is its question, its command and the table that one computes by hand', () => {
    expect(studySection(file, results).split('\n')).toEqual([
      '## epochs',
      '',
      'How many?',
      '',
      '`npx nacre study s.yaml`: 2 arms, 2 seeds (`training.seed`), each starting from `r.yaml` and measured by the merged student on the blind rows.',
      '',
      '4 of 4 runs measured, 2 min in all; expected loss −Σ p_true ln p_model against the true distribution of each row.',
      '',
      '| arm | changes | runs | loss | minus | difference | 95 % interval | by seed | |',
      '|:--|:--|--:|--:|:--|--:|:-:|:-:|:--|',
      '| two | none | 2 | 0.8500 |  |  |  |  |  |',
      // -.01 and -.03 in both groups: no draw of groups changes the mean.
      '| four | `student.epochs=4` | 2 | 0.8300 | two | −0.0200 | −0.0200 … −0.0200 | −0.0300 … −0.0100 | better |',
    ]);
  });

  it('shows a result that is worse like any other', () => {
    const turned = {
      ...results,
      runs: results.runs.map((each) => ({ ...each, arm: each.arm === 'two' ? 'four' : 'two' })),
    };
    expect(studySection(file, turned)).toContain(
      '| two | +0.0200 | +0.0200 … +0.0200 | +0.0100 … +0.0300 | worse |',
    );
  });

  it('that was not run says so, with its arms', () => {
    const section = studySection(file, undefined);
    expect(section).toContain('No run of this study has been measured yet.');
    expect(section).toContain('| four | `student.epochs=4` | two |');
    expect(section).not.toContain('%');
  });
});

describe('results', () => {
  it('come back as they were written, a run on a line', async () => {
    const path = join(temporaryFolder({}), 'deep', 's.results.json');
    expect(await readResults(path)).toBeUndefined();
    await writeResults(path, results);
    expect(await readResults(path)).toEqual(results);
    expect(readFileSync(path, 'utf8').match(/^ {4}\{"arm"/gm)).toHaveLength(4);
  });

  it('hold one run per arm and seed, and no split that no run was measured on', () => {
    const once = withRun(nothing, { ...run('two', 1, [1, 2]), rows: 'b'.repeat(16) }, groups);
    const again = withRun(once, run('two', 1, [3, 4]), groups);
    expect(again.runs).toEqual([run('two', 1, [3, 4])]);
    expect(again.rows).toEqual([{ digest: rows, groups }]);
  });

  it('of another version are refused, naming the file', async () => {
    const path = join(temporaryFolder({ 's.results.json': '{"nacre_study_results": 2}' }), 's.results.json');
    await expect(readResults(path)).rejects.toThrow(`${path}: no results of a study, or of another version`);
  });
});

describe('the studies of this repository', () => {
  const names = readdirSync(join(root, 'recipes/studies'));
  const studies = names.filter((name) => name.endsWith('.yaml')).sort();
  const read = (name: string) => readStudy(join(root, 'recipes/studies', name));

  it.each(studies)('%s can be run as it is', async (name) => {
    const study = await read(name);
    expect(await studyRuns(study)).toHaveLength(
      Object.keys(study.study.arms).length * study.study.seeds.length,
    );
  });

  it('keep raw rows of at most 200 KB in all', () => {
    const sizes = names
      .filter((name) => name.endsWith('.results.json'))
      .map((name) => statSync(join(root, 'recipes/studies', name)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(200_000);
  });

  it('are rendered in docs/studies.md', async () => {
    const named = await Promise.all(
      studies.map(async (name) => ({ ...(await read(name)), file: `recipes/studies/${name}` })),
    );
    expect(readFileSync(join(root, 'docs/studies.md'), 'utf8')).toBe(await studiesPage(named));
  });
});
