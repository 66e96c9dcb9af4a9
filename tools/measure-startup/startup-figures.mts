/** A duration that was measured several times. */
export interface StartupFigure {
  readonly name: string;
  /** Seconds, in the order in which they were measured; at least one. */
  readonly seconds: readonly number[];
}

/** The middle value, or the mean of the two middle ones. @throws RangeError without values */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const below = sorted[Math.floor((sorted.length - 1) / 2)];
  const above = sorted[Math.ceil((sorted.length - 1) / 2)];
  if (below === undefined || above === undefined) throw new RangeError('no values, no median');
  return (below + above) / 2;
}

/** Figures as a Markdown table; the last line is the command that measures them again. */
export function startupMarkdown(figures: readonly StartupFigure[], command: string): string {
  const rows = figures.map(({ name, seconds }) => {
    const [least, most] = [Math.min(...seconds), Math.max(...seconds)];
    return `| ${name} | ${text(median(seconds))} | ${text(least)} … ${text(most)} | ${seconds.length} |`;
  });
  return ['| | median | range | runs |', '|:--|--:|:-:|--:|', ...rows, '', `\`${command}\``].join('\n');
}

function text(seconds: number): string {
  return `${seconds.toFixed(2)} s`;
}
