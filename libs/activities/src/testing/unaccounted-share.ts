import type { AttemptLedger } from '@nacre/contracts/run';

/** Share of the attempt's age that its books leave open. */
export function unaccountedShare({ started_at, seen_at, seconds }: AttemptLedger): number {
  const { at_risk: _, ...uses } = seconds;
  const age = (seen_at - started_at) / 1000;
  return Math.abs(age - Object.values(uses).reduce((sum, use) => sum + use, 0)) / age;
}
