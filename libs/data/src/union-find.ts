/** Sets of the numbers 0 to size - 1 that only ever grow together. */
export class UnionFind {
  readonly #parents: Int32Array;

  constructor(size: number) {
    this.#parents = new Int32Array(size).map((_, index) => index);
  }

  /** The number that stands for the set of a number. */
  rootOf(number: number): number {
    let root = number;
    for (;;) {
      const parent = this.#parents[root] ?? root;
      if (parent === root) return root;
      // Halves the way for whoever comes next.
      this.#parents[root] = this.#parents[parent] ?? parent;
      root = parent;
    }
  }

  /** Makes one set of two; the smaller root stands for it. */
  join(left: number, right: number): void {
    const [first, second] = [this.rootOf(left), this.rootOf(right)];
    this.#parents[Math.max(first, second)] = Math.min(first, second);
  }
}
