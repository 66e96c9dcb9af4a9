import type { Label, Labels } from '@nacre/contracts/recipe';

import type { ReadComparison } from './comparison-reader.js';
import { Repairs } from './repairs.js';

/** What happened to the rows of a source, as counts.json and the stage's metrics tell it. */
export class SourceCounts {
  readonly repairs = new Repairs();
  readonly #numbers: Record<string, number> = {
    rows_read: 0,
    rows: 0,
    duplicates: 0,
    ties_dropped: 0,
    surrogates_repaired: 0,
    controls_repaired: 0,
    null_turns: 0,
    multi_turn: 0,
  };
  readonly #prompts = new Set<string>();

  constructor(labels: Labels) {
    for (const label of labels) this.#numbers[`label_${label}`] = 0;
  }

  /** A row was read, whatever becomes of it; without a comparison it is left out. */
  read(comparison?: ReadComparison): void {
    this.#add('rows_read');
    if (comparison === undefined) return;
    const { prompt, response_a, response_b } = comparison;
    if ([prompt, response_a, response_b].some(({ turns }) => turns.includes(null))) this.#add('null_turns');
    if (prompt.turns.length > 1) this.#add('multi_turn');
  }

  /** A row is a tie, for which the recipe has no label. */
  dropTie(): void {
    this.#add('ties_dropped');
  }

  /** A row goes on into comparisons.parquet. */
  keep(label: Label | null, promptGroup: string): void {
    this.#add('rows');
    if (label !== null) this.#add(`label_${label}`);
    this.#prompts.add(promptGroup);
  }

  /** The counts by name, prompt_groups (distinct prompts kept) and those of the repairs among them. */
  toRecord(): Record<string, number> {
    return { ...this.#numbers, ...this.repairs.counts(), prompt_groups: this.#prompts.size };
  }

  #add(name: string): void {
    this.#numbers[name] = (this.#numbers[name] ?? 0) + 1;
  }
}
