import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { isAtLeast } from './machine.mjs';
import { SetUpError } from './set-up-error.mjs';
import { inRoot } from './workspace.mjs';

/** Programs tried in turn as the base of .venv; the plain name first, since it is the user's choice. */
const candidates = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python'];

const supported = { from: '3.11', below: '3.14' };

/** @returns {string | undefined} the interpreter that the user wants used as it is */
export const givenPython = () => process.env['NACRE_PYTHON'];

/** Path of the interpreter that runs Nacre's tasks. */
export const pythonProgram = () => givenPython() ?? inRoot('.venv/bin/python');

/**
 * @param {string} program
 * @param {string} code
 */
function run(program, code) {
  const { status, stdout } = spawnSync(program, ['-c', code], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * The interpreter from which .venv is made.
 * @returns {{ program: string, version: string }}
 * @throws {SetUpError} without a Python 3.11 to 3.13 that can make a virtual environment
 */
export function findBasePython() {
  const version = 'import sys; print(sys.executable, "%d.%d.%d" % sys.version_info[:3], sep="\\n")';
  /** @type {string[]} */
  const seen = [];
  let withoutVenv;
  for (const candidate of candidates) {
    const [program, found] = run(candidate, version)?.split('\n') ?? [];
    if (program === undefined || found === undefined) continue;
    seen.push(`${candidate} is ${found}`);
    if (!isAtLeast(found, supported.from) || isAtLeast(found, supported.below)) continue;
    if (run(program, 'import venv, ensurepip') !== undefined) return { program, version: found };
    withoutVenv ??= program;
  }
  if (withoutVenv !== undefined) {
    throw new SetUpError(
      `${withoutVenv} has no venv module.`,
      'On Debian and Ubuntu: apt install python3-venv; then run the command again.',
    );
  }
  throw new SetUpError(
    `Nacre needs Python ${supported.from} to 3.13 on PATH; ${seen.join(', ') || 'there is none'}.`,
    'Install one, or set NACRE_PYTHON to an interpreter that has the packages of tools/python/requirements.in.',
  );
}

/** @returns {[name: string, version: string][]} the exact pins of requirements.in */
function testedVersions() {
  const text = readFileSync(inRoot('tools/python/requirements.in'), 'utf8');
  return [...text.matchAll(/^([\w-]+)==(\S+)$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']);
}

/**
 * Compares the interpreter of NACRE_PYTHON with the versions that Nacre is tested with.
 * @param {string} program
 * @returns {string[]} one line for each package that differs or is absent
 * @throws {SetUpError} where it is no Python of at least 3.11, or has no torch or transformers
 */
export function compareGivenPython(program) {
  const tested = testedVersions();
  const code = `
import json, sys
from importlib.metadata import PackageNotFoundError, version
def found(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
names = json.loads(${JSON.stringify(JSON.stringify(tested.map(([name]) => name)))})
print(json.dumps({"python": "%d.%d.%d" % sys.version_info[:3], "packages": {name: found(name) for name in names}}))
`;
  const answer = existsSync(program) ? run(program, code) : undefined;
  if (answer === undefined) {
    throw new SetUpError(
      `NACRE_PYTHON=${program} is no working Python.`,
      'Set it to an interpreter’s full path.',
    );
  }
  /** @type {{ python: string, packages: Record<string, string | null> }} */
  const { python, packages } = JSON.parse(answer);
  if (!isAtLeast(python, supported.from)) {
    throw new SetUpError(
      `NACRE_PYTHON=${program} is Python ${python}.`,
      `Nacre needs ${supported.from} or newer.`,
    );
  }
  const absent = ['torch', 'transformers', 'peft', 'safetensors', 'tokenizers'].filter(
    (name) => !packages[name],
  );
  if (absent.length > 0) {
    throw new SetUpError(
      `NACRE_PYTHON=${program} has no ${absent.join(', ')}.`,
      'Install the packages of tools/python/requirements.in there, or unset NACRE_PYTHON.',
    );
  }
  return tested
    .filter(([name, version]) => packages[name] !== version)
    .map(([name, version]) => `${name}: ${packages[name] ?? 'absent'} (tested with ${version})`);
}
