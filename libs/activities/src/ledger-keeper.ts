import { putRunFile, type ArtifactStore } from '@nacre/artifact-store';
import type { AttemptLedger } from '@nacre/contracts/run';

import { ledgerPath } from './run-files.js';

/** A store that is away holds up neither a stage nor a worker that stops. */
const WRITE_MILLISECONDS = 10_000;

/**
 * Writes the books of an attempt to the store while it works, so that an attempt whose node vanished
 * is in the books too. A write that fails never fails a stage; the next one tells all that it told.
 */
export class LedgerKeeper {
  readonly #store: ArtifactStore;
  readonly #run: string;
  readonly #ledger: () => AttemptLedger;
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> | undefined;
  #asked = 0;

  /** @param interval milliseconds from one write to the next */
  constructor(store: ArtifactStore, run: string, ledger: () => AttemptLedger, interval: number) {
    this.#store = store;
    this.#run = run;
    this.#ledger = ledger;
    this.#timer = setInterval(() => void this.write(), interval);
    void this.write();
  }

  /** Writes what the books say now; a write that is under way is followed by one more, not by a queue. */
  write(): Promise<void> {
    this.#asked += 1;
    this.#writing ??= this.#write();
    return this.#writing;
  }

  /** Writes for the last time. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.write();
  }

  async #write(): Promise<void> {
    for (let told = 0; told < this.#asked;) {
      told = this.#asked;
      const ledger = this.#ledger();
      await putRunFile(
        this.#store,
        this.#run,
        ledgerPath(ledger.key, ledger.term),
        JSON.stringify(ledger),
        'application/json',
        AbortSignal.timeout(WRITE_MILLISECONDS),
      ).catch(() => undefined);
    }
    this.#asked = 0;
    this.#writing = undefined;
  }
}
