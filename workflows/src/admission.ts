/** One waiting or running stage of a pool. */
interface Ticket {
  readonly priority: number;
  readonly order: number;
  readonly admit: () => void;
}

/**
 * Room for a fixed number of stages at a time. Lower priority numbers go first (the fold, so that
 * the first student arrives early), then the order of asking.
 */
export class Admission {
  readonly #room: number;
  #running = 0;
  #asked = 0;
  #waiting: Ticket[] = [];

  constructor(room: number) {
    this.#room = room;
  }

  /** Runs `work` once there is room, and makes room again however it ends. */
  async admit<Result>(priority: number, work: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((admit) => {
      this.#waiting.push({ priority, order: this.#asked++, admit });
      this.#waiting.sort((left, right) => left.priority - right.priority || left.order - right.order);
      this.#next();
    });
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  #next(): void {
    if (this.#running >= this.#room) return;
    const ticket = this.#waiting.shift();
    if (ticket === undefined) return;
    this.#running += 1;
    ticket.admit();
  }
}
