#!/usr/bin/env node
/**
 * Sets the checkout up and runs its tests: `node tools/test.mjs [check | servers | pipeline [PATH …]]`, all tiers by
 * default. Ends with the slowest tests, what did not run and why, and `N passed, N failed, N skipped`.
 */
import { parseArgs } from 'node:util';
import { ensureSetup, runCommand } from './setup.mjs';
import { SetUpError } from './setup/set-up-error.mjs';
import { summaryOf } from './testing/summary.mjs';
import { tiers } from './testing/tiers.mjs';

/** @typedef {import('./testing/vitest-report.mjs').Outcome} Outcome */

/** @returns {Outcome | undefined} the failure of a set-up that cannot be completed, with its remedy */
function brokenSetup() {
  try {
    ensureSetup();
    return undefined;
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    return { name: `set-up: ${error.message}`, state: 'failed', seconds: 0 };
  }
}

/**
 * Outcomes of one tier; that the tier itself breaks is a failure too.
 * @param {import('./testing/tiers.mjs').Tier} tier
 * @param {string[]} parameters
 * @returns {Promise<Outcome[]>}
 */
async function runTier(tier, parameters) {
  const start = performance.now();
  try {
    return await tier.run(parameters);
  } catch (error) {
    console.error(error);
    return [{ name: `${tier.name}: the tier broke off`, state: 'failed', seconds: 0 }];
  } finally {
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`Tier ${tier.name}: ${seconds} s of ${tier.budgetSeconds} s`);
  }
}

await runCommand(async () => {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help) {
    console.log('node tools/test.mjs [check | servers | pipeline [PATH …]]: all tiers by default.');
    return;
  }
  const [wanted, ...parameters] = positionals;
  const chosen = tiers.filter(({ name }) => wanted === undefined || name === wanted);
  if (chosen.length === 0) {
    throw new SetUpError(
      `There is no tier “${wanted}”.`,
      `The tiers are ${tiers.map(({ name }) => name).join(', ')}.`,
    );
  }
  const broken = brokenSetup();
  /** @type {Outcome[]} */
  const outcomes = broken === undefined ? [] : [broken];
  if (broken === undefined) {
    for (const tier of chosen) outcomes.push(...(await runTier(tier, parameters)));
  }
  console.log(summaryOf(outcomes));
  if (outcomes.some(({ state }) => state === 'failed')) process.exitCode = 1;
});
