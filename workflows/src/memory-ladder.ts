/** Stages that need about the same memory: the same model, the same kind of work, the same machines. */
export interface LadderPlace {
  readonly model: string | null;
  /** train: with gradients and optimizer; forward: without. */
  readonly work: 'train' | 'forward';
  readonly queue: string;
}

/**
 * The memory ladder of a run (design, section 3): each rung halves the token budget of a micro-batch after a
 * device ran out of memory. What one stage has found out counts for every later attempt in the same place.
 */
export class MemoryLadder {
  readonly #rungs = new Map<string, number>();

  /** The rung on which the next attempt in this place stands; 0: the budget of the recipe. */
  rung(place: LadderPlace): number {
    return this.#rungs.get(keyOf(place)) ?? 0;
  }

  /** Remembers that an attempt on this rung ran out of memory; stages beside it may be lower already. */
  ranOut(place: LadderPlace, rung: number): void {
    this.#rungs.set(keyOf(place), Math.max(this.rung(place), rung + 1));
  }
}

function keyOf({ model, work, queue }: LadderPlace): string {
  return JSON.stringify([model, work, queue]);
}

/** A rung for people: `rung 1: 4,096 tokens a micro-batch`. */
export function rungText({
  rung,
  micro_batch_tokens: tokens,
}: {
  readonly rung: number;
  readonly micro_batch_tokens: number;
}): string {
  const grouped = String(tokens).replace(/\B(?=(\d{3})+$)/g, ',');
  return `rung ${String(rung)}: ${grouped} ${tokens === 1 ? 'token' : 'tokens'} a micro-batch`;
}
