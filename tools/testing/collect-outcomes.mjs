import { existsSync } from 'node:fs';
import { inRoot } from '../setup/workspace.mjs';
import { readPytestReport } from './pytest-report.mjs';
import { readVitestReport } from './vitest-report.mjs';

/** @typedef {import('./vitest-report.mjs').Outcome} Outcome */

/** @param {string} name @returns {Outcome} */
const failure = (name) => ({ name, state: 'failed', seconds: 0 });

/**
 * Outcomes of a run over several projects. A project without a report has crashed, and an exit code that no failed
 * test explains is a failure: what breaks off must not look like what passes.
 * @param {string[]} folders of the projects
 * @param {string[]} reports names, of which each project writes one: JSON by vitest, XML by pytest
 * @param {boolean} succeeded what the exit code said
 * @param {string} run names the run in a failure
 * @returns {Outcome[]}
 */
export function collectOutcomes(folders, reports, succeeded, run) {
  const outcomes = folders.flatMap((folder) => {
    const report = reports.find((name) => existsSync(inRoot(folder, name)));
    if (report === undefined) return [failure(`${folder}: ended without a report`)];
    const path = inRoot(folder, report);
    return report.endsWith('.json') ? readVitestReport(path) : readPytestReport(path, folder);
  });
  const unexplained = !succeeded && outcomes.every(({ state }) => state !== 'failed');
  return unexplained
    ? [...outcomes, failure(`${run}: exited with an error though no test failed`)]
    : outcomes;
}
