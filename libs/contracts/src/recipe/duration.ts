import { z } from 'zod';

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** A duration as people write it: 90s, 10m, 12h. */
export const durationSchema = z
  .string()
  .regex(pattern, 'a number and a unit: 500ms, 90s, 10m, 12h, 3d')
  .describe('Number and unit: 500ms, 90s, 10m, 12h, 3d');

/** Milliseconds of a duration that the schema accepted. */
export function milliseconds(duration: string): number {
  const [, amount, unit] = pattern.exec(duration) ?? [];
  if (amount === undefined || unit === undefined) {
    throw new RangeError(`${duration} is no duration; write a number and a unit, e.g. 90s`);
  }
  return Number(amount) * units[unit as keyof typeof units];
}
