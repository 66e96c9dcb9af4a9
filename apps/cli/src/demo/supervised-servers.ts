import { setTimeout as sleep } from 'node:timers/promises';

import { ensureServer, type ServerName } from '@nacre/local-stack';

/** Times that a server which died is started again, both servers together. */
const RESTARTS = 5;
const LOOK_MILLISECONDS = 1000;

const titles: Readonly<Record<ServerName, string>> = { s3: 'S3', temporal: 'Temporal' };

/** Looks after the embedded servers: one that died is started again. */
export class SupervisedServers {
  readonly #binaryFolder: string;
  readonly #tell: (line: string) => void;
  readonly #stopping = new AbortController();
  readonly #looking: Promise<void>;
  #restarts = 0;

  constructor(binaryFolder: string, tell: (line: string) => void) {
    this.#binaryFolder = binaryFolder;
    this.#tell = tell;
    this.#looking = this.#look();
  }

  /** Whether the servers died more often than they are started again. */
  get givenUp(): boolean {
    return this.#restarts > RESTARTS;
  }

  /** Ends the looking; only then may the servers be stopped. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted && !this.givenUp) {
      await this.#ensure('s3');
      await this.#ensure('temporal');
      await sleep(LOOK_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #ensure(server: ServerName): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    try {
      if (!(await ensureServer(server, { binaryFolder: this.#binaryFolder }))) return;
      this.#tell(`the ${titles[server]} server had died and was started again`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#tell(`the ${titles[server]} server had died and could not be started again: ${reason}`);
    }
    this.#restarts += 1;
  }
}
