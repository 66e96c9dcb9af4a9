/** Where a command writes: data to stdout, messages to stderr, JSON lines instead of text when asked. */
export class Output {
  readonly json: boolean;

  constructor(json: boolean) {
    this.json = json;
  }

  /** One event: a JSON line with --json, else its text, if it has one. */
  event(event: { readonly type: string } & Readonly<Record<string, unknown>>, text?: string): void {
    if (this.json) process.stdout.write(`${JSON.stringify(event)}\n`);
    else if (text !== undefined) process.stdout.write(`${text}\n`);
  }

  /** Words for people; never data. */
  message(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  /** Whether a person watches and lines may be redrawn. */
  get live(): boolean {
    const { NO_COLOR, CI, TERM } = process.env;
    return !this.json && process.stdout.isTTY && !NO_COLOR && !CI && TERM !== 'dumb';
  }
}

/** Columns padded to the widest cell; a column of numbers may be aligned right. */
export function textTable(
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          right.has(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
