import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { isInstalled } from './installed-packages.mjs';
import { digestOf, sourceFiles } from './kept.mjs';
import { findBasePython, givenPython } from './python.mjs';
import { SetUpError } from './set-up-error.mjs';
import { inRoot, root } from './workspace.mjs';

/** Path of uv, which makes and fills .venv. */
export const uvProgram = inRoot('.bootstrap/bin/uv');

/**
 * @typedef {object} Step
 * @property {string} name names the record in .nacre/build
 * @property {() => string} digest of everything the step reads
 * @property {string} output path without which the step is to be done again
 * @property {{ what: string, megabytes: number, into: string, diskMegabytes: number }} [fetches] what it brings from a
 *   registry, compressed, and the disk that it takes; measured on Linux x86-64
 * @property {() => boolean} [isDoneByHand] whether someone did the step without this script
 * @property {string} says what it is doing, for the person who waits
 * @property {() => void} run
 */

/**
 * Runs a program; its words go to stderr, so that stdout stays the caller's.
 * @param {string} program
 * @param {string[]} parameters
 * @param {string} remedy
 */
function execute(program, parameters, remedy) {
  const { status, error } = spawnSync(program, parameters, {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    env: { ...process.env, NX_DAEMON: 'false', UV_PYTHON_DOWNLOADS: 'never' },
  });
  if (error === undefined && status === 0) return;
  const command = [program, ...parameters].join(' ').replaceAll(`${root}/`, '');
  throw new SetUpError(`“${command}” failed (${error?.message ?? `exit code ${status}`}).`, remedy);
}

const registryRemedy = 'Its own words stand above; check the network, then run the command again.';

const lock = inRoot('package-lock.json');
const installedLock = inRoot('node_modules/.package-lock.json');
const bootstrapRequirements = inRoot('tools/python/bootstrap.txt');
const requirements = inRoot('tools/python/requirements.txt');

/** @type {Step} */
const npmPackages = {
  name: 'npm',
  digest: () => digestOf([lock], [process.versions.node]),
  output: installedLock,
  isDoneByHand: () => isInstalled(lock, installedLock),
  fetches: { what: 'npm packages', megabytes: 290, into: 'node_modules', diskMegabytes: 700 },
  says: 'npm ci',
  // No package here needs its install script: native parts come as packages of their own.
  run: () => execute('npm', ['ci', '--ignore-scripts', '--loglevel=error'], registryRemedy),
};

/** @type {Step} */
const uv = {
  name: 'uv',
  digest: () => digestOf([bootstrapRequirements], [findBasePython().version]),
  output: uvProgram,
  fetches: {
    what: 'uv, which installs Python packages',
    megabytes: 25,
    into: '.bootstrap',
    diskMegabytes: 70,
  },
  says: 'a small Python environment with uv',
  run: () => {
    rmSync(inRoot('.bootstrap'), { recursive: true, force: true });
    execute(findBasePython().program, ['-m', 'venv', inRoot('.bootstrap')], 'Its own words stand above.');
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes'];
    execute(inRoot('.bootstrap/bin/python'), [...pip, '-r', bootstrapRequirements], registryRemedy);
  },
};

/** @type {Step} */
const pythonPackages = {
  name: 'python',
  digest: () => digestOf([requirements], [findBasePython().version]),
  output: inRoot('.venv/bin/python'),
  fetches: {
    what: 'Python packages, with PyTorch and the CUDA libraries it names',
    megabytes: 3000,
    into: '.venv',
    diskMegabytes: 8000,
  },
  says: 'Python packages',
  run: () => {
    const python = inRoot('.venv/bin/python');
    if (!existsSync(python)) {
      const venv = ['venv', '--quiet', '--clear', '--python', findBasePython().program, inRoot('.venv')];
      execute(uvProgram, venv, 'Its own words stand above.');
    }
    // Tasks write no bytecode, and compiling what they import would double the start of each of them.
    const sync = [
      'pip',
      'sync',
      '--quiet',
      '--compile-bytecode',
      '--require-hashes',
      '--python',
      python,
      requirements,
    ];
    execute(uvProgram, sync, registryRemedy);
  },
};

/** @param {string} name */
const isBuilt = (name) =>
  (name.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(name)) ||
  ['tsconfig.json', 'package.json'].includes(name);

/** Sources and compiler settings of everything that is built. */
const typeScript = () => [
  inRoot('tsconfig.base.json'),
  ...['apps', 'libs', 'workflows'].flatMap((folder) => sourceFiles(folder, isBuilt)),
];

/** @type {Step} */
const javaScript = {
  name: 'javascript',
  digest: () => digestOf([lock, ...typeScript()]),
  output: inRoot('apps/cli/dist/index.js'),
  says: 'TypeScript to JavaScript',
  run: () =>
    execute(
      process.execPath,
      [inRoot('node_modules/typescript/bin/tsc'), '--build', 'apps/cli', 'apps/worker', 'workflows'],
      'The sources do not compile; the places stand above.',
    ),
};

/** @type {Step} */
const workflowBundle = {
  name: 'workflow-bundle',
  digest: () => digestOf([lock, inRoot('tools/bundle-workflows.mjs'), ...typeScript()]),
  output: inRoot('.nacre/build/workflow-bundle.js'),
  says: 'the workflow bundle',
  run: () =>
    execute(process.execPath, [inRoot('tools/bundle-workflows.mjs')], 'The workflow’s imports stand above.'),
};

/** @returns {Step[]} in the order in which they are done */
export function setUpSteps() {
  const python = givenPython() === undefined ? [uv, pythonPackages] : [];
  return [npmPackages, ...python, javaScript, workflowBundle];
}
