const MINUS = '\u2212';

/** A log loss with the digits that intervals of a few thousand rows can tell apart: 0.8672. */
export function formatLoss(value: number): string {
  return value.toFixed(4).replace('-', MINUS);
}

/** A difference with its sign, as people read it: +0.0031, −0.0418, 0.0000. */
export function formatDifference(value: number): string {
  const digits = Math.abs(value).toFixed(4);
  if (Number(digits) === 0) return digits;
  return `${value < 0 ? MINUS : '+'}${digits}`;
}

/** An interval of losses: 0.8510 – 0.8834. */
export function formatInterval(
  [low, high]: readonly [number, number],
  format: (value: number) => string,
): string {
  return `${format(low)} to ${format(high)}`;
}

/** A count with thin groups: 57,477. */
export function formatCount(value: number): string {
  return new Intl.NumberFormat('en-GB', { maximumFractionDigits: 4 }).format(value);
}

/** A share as a percentage with one digit: 61.4 %. */
export function formatShare(value: number): string {
  return `${(value * 100).toFixed(1)}\u202f%`;
}
