#!/usr/bin/env node
/**
 * Brings a fresh clone to where everything runs: packages for Node and Python, JavaScript, the workflow bundle. Plain
 * Node, since nothing is installed yet. What is done is kept by digest in .nacre/build, so a second run only looks.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isKept, keep } from './setup/kept.mjs';
import { withLock } from './setup/lock.mjs';
import { checkDisk, checkGit, checkLibc, checkNode } from './setup/machine.mjs';
import { compareGivenPython, givenPython, pythonProgram } from './setup/python.mjs';
import { SetUpError } from './setup/set-up-error.mjs';
import { setUpSteps } from './setup/steps.mjs';
import { inRoot, root } from './setup/workspace.mjs';

/** @param {string} line */
const say = (line) => process.stderr.write(`${line}\n`);

/** @param {number} megabytes */
const size = (megabytes) => (megabytes < 1000 ? `${megabytes} MB` : `${(megabytes / 1000).toFixed(1)} GB`);

/** @param {import('./setup/steps.mjs').Step} step */
function isPending(step) {
  const digest = step.digest();
  if (existsSync(step.output) && isKept(step.name, digest)) return false;
  if (step.isDoneByHand?.() !== true) return true;
  keep(step.name, digest);
  return false;
}

/** @param {import('./setup/steps.mjs').Step[]} pending */
function announceFetches(pending) {
  const fetches = pending.flatMap((step) => step.fetches ?? []);
  if (fetches.length === 0) return;
  const disk = fetches.reduce((sum, fetch) => sum + fetch.diskMegabytes, 0);
  say('Set-up fetches, from the registries that npm and pip are configured for:');
  for (const { what, megabytes, into } of fetches) say(`  about ${size(megabytes)} into ${into}: ${what}`);
  say(`It writes only there and to the caches of npm and uv, and needs ${size(disk)} of disk in all.`);
  checkDisk(disk * 1e6);
}

function checkPython() {
  const given = givenPython();
  if (given === undefined) return;
  const differences = compareGivenPython(given);
  say(
    `Python tasks run with ${given}; ${differences.length === 0 ? 'its versions are the tested ones.' : 'it differs:'}`,
  );
  for (const line of differences) say(`  ${line}`);
}

/**
 * Sets the checkout up as far as it is not; safe to call at any time and from several processes.
 * @returns {{ root: string, python: string }} the checkout and the interpreter of Nacre's tasks
 * @throws {SetUpError} with the remedy in its message
 */
export function ensureSetup() {
  checkNode();
  checkGit();
  const onWait = (/** @type {number} */ pid) =>
    say(`Another set-up (process ${pid}) is at work here; waiting for it.`);
  return withLock(inRoot('.nacre/build/set-up.lock'), onWait, () => {
    checkPython();
    const steps = setUpSteps();
    const pending = steps.filter(isPending);
    if (pending.length > 0) checkLibc();
    announceFetches(pending);
    for (const step of steps) {
      if (!isPending(step)) continue;
      const start = performance.now();
      say(`Set-up: ${step.says} …`);
      step.run();
      keep(step.name, step.digest());
      say(`  done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
    }
    return { root, python: pythonProgram() };
  });
}

/**
 * Runs `main` of a command; a SetUpError becomes one line on stderr and exit code 2.
 * @param {() => unknown} main
 */
export async function runCommand(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    say(`nacre: ${error.message}`);
    process.exitCode = 2;
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    console.log('node tools/setup.mjs: sets this checkout up. NACRE_PYTHON=/path uses an existing Python.');
  } else {
    await runCommand(() => {
      ensureSetup();
      say('Set-up is complete.');
    });
  }
}
