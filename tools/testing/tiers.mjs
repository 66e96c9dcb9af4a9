import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { inRoot } from '../setup/workspace.mjs';
import { collectOutcomes } from './collect-outcomes.mjs';
import { runProgram } from './run-program.mjs';

/** @typedef {import('./vitest-report.mjs').Outcome} Outcome */

/**
 * A tier of tests with the time that it may take on two cores.
 * @typedef {object} Tier
 * @property {string} name
 * @property {number} budgetSeconds
 * @property {(parameters: string[]) => Promise<Outcome[]>} run with parameters for vitest, such as a path
 */

/** Checks of the whole workspace, each one process; each counts as one test. */
const workspaceChecks = ['typecheck', 'lint', 'lint-python', 'format'];

const typeScriptReport = 'test-output/vitest.json';
const pythonReport = 'test-output/pytest.xml';
const slowPythonReport = 'test-output/pytest-slow.xml';

/** Folders of the projects that have a target of this name, from their own files. @param {string} target */
function projectsWith(target) {
  const folders = ['apps', 'libs'].flatMap((parent) =>
    readdirSync(inRoot(parent)).map((name) => `${parent}/${name}`),
  );
  return [...folders, 'workflows', 'tools', 'test'].filter((folder) =>
    ['package.json', 'project.json'].some((file) => {
      const path = inRoot(folder, file);
      if (!existsSync(path)) return false;
      const project = JSON.parse(readFileSync(path, 'utf8'));
      return (file === 'package.json' ? project.nx : project)?.targets?.[target] !== undefined;
    }),
  );
}

/**
 * @param {string[]} folders
 * @param {string[]} reports
 */
function forgetReports(folders, reports) {
  for (const folder of folders) for (const report of reports) rmSync(inRoot(folder, report), { force: true });
}

/** @param {string} check @returns {Promise<Outcome>} */
async function runWorkspaceCheck(check) {
  const start = performance.now();
  const passed = await runProgram('nx', ['run', `nacre:${check}`], { together: true });
  const seconds = (performance.now() - start) / 1000;
  return { name: `npx nx run nacre:${check}`, state: passed ? 'passed' : 'failed', seconds };
}

async function runProjectTests() {
  const folders = projectsWith('test');
  const reports = [typeScriptReport, pythonReport];
  forgetReports(folders, reports);
  const succeeded = await runProgram('nx', ['run-many', '--targets=test', '--output-style=static'], {
    together: true,
  });
  return collectOutcomes(folders, reports, succeeded, 'check');
}

/** Two cores, two lanes: the checks one after another, and beside them the tests. */
async function runCheck() {
  const lane = async () => {
    /** @type {Outcome[]} */
    const outcomes = [];
    for (const check of workspaceChecks) outcomes.push(await runWorkspaceCheck(check));
    return outcomes;
  };
  return (await Promise.all([lane(), runProjectTests()])).flat();
}

/**
 * @param {string} tier
 * @param {string} folder in which the report is written
 * @param {string[]} parameters
 */
async function runVitest(tier, folder, parameters) {
  forgetReports([folder], [typeScriptReport]);
  const reporters = [
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${inRoot(folder, typeScriptReport)}`,
  ];
  const succeeded = await runProgram('vitest', ['run', ...reporters, ...parameters]);
  return collectOutcomes([folder], [typeScriptReport], succeeded, tier);
}

async function runSlowPython() {
  const folders = projectsWith('test-slow');
  forgetReports(folders, [slowPythonReport]);
  const succeeded = await runProgram('nx', [
    'run-many',
    '--targets=test-slow',
    '--parallel=1',
    '--output-style=static',
  ]);
  return collectOutcomes(folders, [slowPythonReport], succeeded, 'slow Python tests');
}

/** @type {Tier[]} */
export const tiers = [
  { name: 'check', budgetSeconds: 120, run: runCheck },
  {
    name: 'servers',
    budgetSeconds: 300,
    run: (parameters) => runVitest('servers', '.', ['--config=vitest.servers.config.mts', ...parameters]),
  },
  {
    name: 'pipeline',
    budgetSeconds: 720,
    run: async (parameters) => [
      ...(parameters.length > 0 ? [] : await runSlowPython()),
      ...(await runVitest('pipeline', 'test', ['--root=test', ...parameters])),
    ],
  },
];
