/** One comparison of a file in the competition's format. */
export interface ArenaRow {
  readonly id: number;
  readonly prompt: string;
  readonly answers: readonly [string, string];
  /** Index of the winner's column; a test file has none. */
  readonly winner?: 0 | 1 | 2;
}

/** Rows that differ in all their texts from those of another `start`. */
export function arenaRows(start: number, count: number): ArenaRow[] {
  return Array.from({ length: count }, (_, index) => {
    const id = start + index;
    const winner = ([0, 1, 2] as const)[index % 3] ?? 0;
    return {
      id,
      prompt: `question ${String(id)}?`,
      answers: [`answer ${String(id)} one`, `reply ${String(id)} two`],
      winner,
    };
  });
}

/** A train file. */
export function trainCsv(rows: readonly ArenaRow[]): string {
  const header = 'id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie';
  const lines = rows.map((row) => {
    const won = [0, 1, 2].map((column) => (column === row.winner ? '1' : '0'));
    return [String(row.id), 'first', 'second', ...texts(row), ...won].join(',');
  });
  return `${[header, ...lines].join('\n')}\n`;
}

/** A test file. */
export function testCsv(rows: readonly ArenaRow[]): string {
  const lines = rows.map((row) => [String(row.id), ...texts(row)].join(','));
  return `${['id,prompt,response_a,response_b', ...lines].join('\n')}\n`;
}

/** A sample submission that asks for these ids. */
export function sampleSubmission(ids: readonly number[]): string {
  return `${['id,winner_model_a,winner_model_b,winner_tie', ...ids.map((id) => `${String(id)},0.3,0.3,0.4`)].join('\n')}\n`;
}

function texts({ prompt, answers }: ArenaRow): string[] {
  return [prompt, ...answers].map((text) => `"${JSON.stringify([text]).replaceAll('"', '""')}"`);
}
