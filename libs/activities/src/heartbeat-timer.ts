import type { Heartbeat } from '@nacre/contracts/run';
import type { Context } from '@temporalio/activity';

/**
 * Heartbeats on a timer, whatever the stage does: silence must mean a lost worker and nothing else.
 * Details carry the newest figures; the SDK throttles what it sends.
 */
export class HeartbeatTimer {
  readonly #context: Context;
  readonly #timer: NodeJS.Timeout;
  #details: Heartbeat;

  constructor(context: Context, stage: string) {
    this.#context = context;
    this.#details = { stage, phase: 'claim', done: 0, total: 0, loss: null, durable_step: null };
    const timeout = context.info.heartbeatTimeoutMs ?? 60_000;
    this.#timer = setInterval(
      () => {
        this.#beat();
      },
      Math.max(250, timeout / 4),
    );
    this.#beat();
  }

  /** Changes what the next heartbeat says. */
  report(progress: Partial<Heartbeat>): void {
    this.#details = { ...this.#details, ...progress };
    this.#beat();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    this.#context.heartbeat(this.#details);
  }
}
