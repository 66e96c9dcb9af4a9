/** One line of the table: a step on one input. */
export interface MeasuredRow {
  readonly step: string;
  readonly rows: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly peakBytes: number;
  /** Milliseconds; null for a process without an event loop. */
  readonly longestGap: number | null;
  readonly note?: string;
}

/** A step beside the straightforward script, seconds of each round. */
export interface ComparedRow {
  readonly step: string;
  readonly nacre: readonly number[];
  readonly baseline: readonly number[];
}

const MEBIBYTE = 2 ** 20;

/** The steps as a Markdown table. */
export function measuredMarkdown(rows: readonly MeasuredRow[]): string {
  return [
    '| step | rows | time | rows/s | MB/s | peak memory | longest gap | |',
    '|:--|--:|--:|--:|--:|--:|--:|:--|',
    ...rows.map(({ step, rows, bytes, seconds, peakBytes, longestGap, note }) =>
      [
        ...['', step, count(rows), `${seconds.toFixed(1)} s`, count(rows / seconds)],
        (bytes / 1e6 / seconds).toFixed(1),
        `${count(peakBytes / MEBIBYTE)} MiB`,
        longestGap === null ? '–' : `${longestGap.toFixed(0)} ms`,
        ...[note ?? '', ''],
      ]
        .join(' | ')
        .trim(),
    ),
  ].join('\n');
}

/** The comparison as a Markdown table: medians, and how many times as fast. */
export function comparedMarkdown(rows: readonly ComparedRow[]): string {
  return [
    '| step | Nacre | baseline | baseline / Nacre |',
    '|:--|--:|--:|--:|',
    ...rows.map(({ step, nacre, baseline }) => {
      const [own, plain] = [median(nacre), median(baseline)];
      return `| ${step} | ${own.toFixed(2)} s | ${plain.toFixed(2)} s | ${(plain / own).toFixed(2)} |`;
    }),
  ].join('\n');
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
