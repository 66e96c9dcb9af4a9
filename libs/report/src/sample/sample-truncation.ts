import { draw } from './draw.js';

/** The metrics of a tokenize stage, made up: every other source has some rows that are too long. */
export function sampleTruncation(name: string): Record<string, number> {
  const comparisons = 300 + Math.floor(draw(`${name} rows`) * 900);
  const cut = draw(`${name} cut`) < 0.5 ? 0 : Math.floor(comparisons / 20);
  const figures = ['prompt', 'response_a', 'response_b', 'last_turn'].flatMap((field): [string, number][] => [
    [`kept_${field}`, cut === 0 ? 1 : 0.97],
    [`cut_${field}`, cut],
    ...(cut === 0
      ? []
      : [10, 50, 90].map((part): [string, number] => [`kept_${field}_p${part}`, 0.2 + part / 150])),
  ]);
  return { rows: 2 * comparisons, truncated: 2 * cut, comparisons, ...Object.fromEntries(figures) };
}
