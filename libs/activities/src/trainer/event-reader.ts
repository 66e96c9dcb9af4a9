import { open, type FileHandle } from 'node:fs/promises';

import { taskEventSchema, type TaskEvent } from '@nacre/contracts/trainer';

const INTERVAL = 250;

/**
 * Reads the events file as it grows, whole lines only. The file is the truth and is polled: a task
 * never waits for its reader, and a reader that starts late misses nothing.
 */
export class EventReader {
  readonly #file: string;
  readonly #onEvent: (event: TaskEvent) => void;
  readonly #timer: NodeJS.Timeout;
  #position = 0;
  #rest = '';
  #reading: Promise<void> = Promise.resolve();

  constructor(file: string, onEvent: (event: TaskEvent) => void) {
    this.#file = file;
    this.#onEvent = onEvent;
    this.#timer = setInterval(() => {
      this.#reading = this.#reading.then(() => this.#read());
    }, INTERVAL);
  }

  /** Reads what is left and stops. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reading;
    await this.#read();
  }

  async #read(): Promise<void> {
    let handle: FileHandle;
    try {
      handle = await open(this.#file, 'r');
    } catch {
      return; // Not written yet.
    }
    try {
      const { size } = await handle.stat();
      if (size <= this.#position) return;
      const { buffer, bytesRead } = await handle.read(
        Buffer.alloc(size - this.#position),
        0,
        size - this.#position,
        this.#position,
      );
      this.#position += bytesRead;
      const lines = (this.#rest + buffer.toString('latin1', 0, bytesRead)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#take(Buffer.from(line, 'latin1').toString('utf8'));
    } finally {
      await handle.close();
    }
  }

  #take(line: string): void {
    try {
      this.#onEvent(taskEventSchema.parse(JSON.parse(line)));
    } catch {
      // Events are for people; a foreign line must not end hours of work. The result file is the contract.
    }
  }
}
