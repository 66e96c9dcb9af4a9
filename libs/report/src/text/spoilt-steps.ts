import type { Measurement } from '@nacre/contracts/measurement';

/** Steps of the waterfall whose scores on dev rows are too good: spoilt by teachers, or weights chosen by these rows. */
export function spoiltSteps({
  contaminated = [],
  optimistic = [],
}: Pick<Measurement, 'contaminated' | 'optimistic'>): ReadonlySet<string> {
  return new Set([...contaminated, ...optimistic.map((role) => (role === 'teacher' ? 'teachers' : role))]);
}
