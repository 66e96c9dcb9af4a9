import { createHash } from 'node:crypto';

/** Draws that depend on a text only: the same drill asks for the same disturbances. */
export class SeededRandom {
  readonly #seed: string;
  #draws = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** Uniform in [0, 1). */
  next(): number {
    const digest = createHash('sha256')
      .update(`${this.#seed}\0${String(this.#draws)}`)
      .digest();
    this.#draws += 1;
    return digest.readUInt32BE(0) / 2 ** 32;
  }

  /**
   * One of the choices.
   *
   * @throws RangeError when there is none
   */
  pick<Choice>(choices: readonly Choice[]): Choice {
    const choice = choices[Math.floor(this.next() * choices.length)];
    if (choice === undefined) throw new RangeError('nothing to choose from');
    return choice;
  }

  /** The same items in another order. */
  shuffled<Item>(items: readonly Item[]): Item[] {
    return items
      .map((item) => ({ item, place: this.next() }))
      .sort((left, right) => left.place - right.place)
      .map(({ item }) => item);
  }
}
