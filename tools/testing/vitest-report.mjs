import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root } from '../setup/workspace.mjs';

/**
 * One test as the summary counts it.
 * @typedef {object} Outcome
 * @property {string} name file and full title
 * @property {'passed' | 'failed' | 'skipped'} state
 * @property {number} seconds
 * @property {string} [reason] why it was skipped
 */

/** @typedef {{ fullName: string, status: string, duration?: number | null, meta?: { notRun?: string } }} Assertion */
/** @typedef {{ name: string, status: string, assertionResults: Assertion[] }} TestFile */

/**
 * @param {string} status of vitest's JSON reporter
 * @returns {Outcome['state']}
 */
const stateOf = (status) => (status === 'passed' || status === 'failed' ? status : 'skipped');

/**
 * Outcomes in a file that vitest's JSON reporter wrote. A test file that failed outside its tests, as by an import, is
 * one failure.
 * @param {string} path
 * @returns {Outcome[]}
 */
export function readVitestReport(path) {
  const report = /** @type {{ testResults: TestFile[] }} */ (JSON.parse(readFileSync(path, 'utf8')));
  return report.testResults.flatMap(({ name, status, assertionResults }) => {
    const file = relative(root, name);
    /** @type {Outcome[]} */
    const outcomes = assertionResults.map((assertion) => {
      const state = stateOf(assertion.status);
      return {
        name: `${file}: ${assertion.fullName}`,
        state,
        seconds: (assertion.duration ?? 0) / 1000,
        ...(state === 'skipped' ? { reason: assertion.meta?.notRun ?? 'skipped by its source' } : {}),
      };
    });
    const failedOutside = status === 'failed' && outcomes.every(({ state }) => state !== 'failed');
    if (failedOutside)
      outcomes.push({ name: `${file}: failed outside its tests`, state: 'failed', seconds: 0 });
    return outcomes;
  });
}
