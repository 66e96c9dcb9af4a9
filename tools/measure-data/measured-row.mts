/** One line of the table: a step on one input. */
export interface MeasuredRow {
  readonly step: string;
  readonly rows: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  /** Milliseconds; null for a process without an event loop. */
  readonly longestGap: number | null;
  readonly note?: string;
}

/** Time of one go: by the clock and of processors. */
export interface Spent {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** A step beside the straightforward script, an entry per round. */
export interface ComparedRow {
  readonly step: string;
  readonly nacre: readonly Spent[];
  readonly baseline: readonly Spent[];
}

const MEBIBYTE = 2 ** 20;

/** The steps as a Markdown table; rows/s and MB/s are of the clock, processor time says what a quiet machine would do. */
export function measuredMarkdown(rows: readonly MeasuredRow[]): string {
  return [
    '| step | rows | time | processor | rows/s | MB/s | peak memory | longest gap | |',
    '|:--|--:|--:|--:|--:|--:|--:|--:|:--|',
    ...rows.map(({ step, rows, bytes, seconds, cpuSeconds, peakBytes, longestGap, note }) => {
      const times = [`${seconds.toFixed(1)} s`, `${cpuSeconds.toFixed(1)} s`, count(rows / seconds)];
      const speed = bytes === 0 ? '–' : (bytes / 1e6 / seconds).toFixed(1);
      const gap = longestGap === null ? '–' : `${longestGap.toFixed(0)} ms`;
      const cells = [
        step,
        count(rows),
        ...times,
        speed,
        `${count(peakBytes / MEBIBYTE)} MiB`,
        gap,
        note ?? '',
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ].join('\n');
}

/** The comparison as a Markdown table: medians of the rounds, and how many times as fast Nacre is. */
export function comparedMarkdown(rows: readonly ComparedRow[]): string {
  return [
    '| step | Nacre | baseline | ratio | Nacre, processor | baseline, processor | ratio |',
    '|:--|--:|--:|--:|--:|--:|--:|',
    ...rows.map(({ step, nacre, baseline }) => {
      const cells = (['seconds', 'cpuSeconds'] as const).flatMap((time) => {
        const [own, plain] = [median(nacre.map((go) => go[time])), median(baseline.map((go) => go[time]))];
        return [`${own.toFixed(2)} s`, `${plain.toFixed(2)} s`, (plain / own).toFixed(2)];
      });
      return `| ${[step, ...cells].join(' | ')} |`;
    }),
  ].join('\n');
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
