import { csvCell } from './csv-cell.js';

/** What is repaired in a source, or left out of it, instead of refusing the file. docs/data.md says what each means. */
export type Repair =
  | 'byte_order_mark'
  | 'crlf_line_ends'
  | 'empty_rows'
  | 'surrogates_repaired'
  | 'controls_repaired'
  | 'ties_folded'
  | 'system_messages_dropped'
  | 'images_left_out'
  | 'unlike_prompts_left_out'
  | 'duplicates'
  | 'contradictory_votes';

/** Places of each repair that are listed; every one is counted. */
const LISTED = 100;

/** Counts what was repaired in a source or left out of it, and lists the first places of each kind. */
export class Repairs {
  readonly #counts = new Map<Repair, number>();
  readonly #lines: string[] = [];

  /** @param row from 1, the header not counted; null for the whole file. */
  note(repair: Repair, row: number | null, column = ''): void {
    const count = (this.#counts.get(repair) ?? 0) + 1;
    this.#counts.set(repair, count);
    if (count <= LISTED) this.#lines.push([repair, String(row ?? ''), csvCell(column)].join());
  }

  /** The counts by name, of those repairs that happened. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  /** Lines of repairs.csv: repair, row, column; none when nothing was repaired. */
  lines(): string[] {
    return this.#lines.length === 0 ? [] : ['repair,row,column', ...this.#lines];
  }
}
