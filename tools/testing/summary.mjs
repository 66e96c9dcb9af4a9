const slowestShown = 20;

/** @param {number} seconds */
const duration = (seconds) => `${seconds.toFixed(2).padStart(8)} s`;

/**
 * What the driver prints at the end. The last line is the one that continuous integration reads.
 * @param {import('./vitest-report.mjs').Outcome[]} outcomes
 * @returns {string}
 */
export function summaryOf(outcomes) {
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map((wanted) =>
    outcomes.filter(({ state }) => state === wanted),
  );
  const slowest = outcomes
    .filter(({ state }) => state !== 'skipped')
    .sort((one, other) => other.seconds - one.seconds)
    .slice(0, slowestShown);
  return [
    `Slowest ${slowest.length}:`,
    ...slowest.map(({ name, seconds }) => `${duration(seconds)}  ${name}`),
    ...(failed?.length ? ['Failed:', ...failed.map(({ name }) => `  ${name}`)] : []),
    ...(skipped?.length
      ? ['Did not run:', ...skipped.map(({ name, reason }) => `  ${name} (${reason})`)]
      : ['Everything ran.']),
    `${passed?.length} passed, ${failed?.length} failed, ${skipped?.length} skipped`,
  ].join('\n');
}
