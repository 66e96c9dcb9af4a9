import { playedCall, WorkerPlace, type Servers } from '@nacre/worker/testing';

/** What became of one kill; seconds. */
export interface Failover {
  /** From the kill to the moment at which Temporal gave the attempt up. */
  readonly detection: number;
  /** From there to the start of the next attempt on the other worker. */
  readonly restart: number;
}

export interface FailoverSettings {
  readonly kills: number;
  /** Silence after which a worker counts as lost, in milliseconds. */
  readonly heartbeatTimeout: number;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/**
 * Kills the worker of a running stage again and again, each time at another moment between two
 * heartbeats and with another live worker at hand, and reads from Temporal when it noticed and when
 * the next attempt began. Each kill is a stage's first, so that its retry waits for the first interval.
 */
export async function measureFailover(servers: Servers, settings: FailoverSettings): Promise<Failover[]> {
  const { kills, heartbeatTimeout, signal, log } = settings;
  const place = await WorkerPlace.open(servers);
  try {
    const failovers: Failover[] = [];
    await Promise.all([place.worker(), place.worker()]);
    for (let kill = 0; kill < kills; kill += 1) {
      const call = playedCall('steps/failover');
      const activity = await place.start(call, heartbeatTimeout);
      const holder = await until(signal, () => place.holder(call));
      await pause(signal, heartbeatTimeout * (0.5 + kill / kills));
      const killed = Date.now();
      holder.signal('SIGKILL');
      const { completed, started } = await until(signal, async () => {
        const { attempt, lastAttemptCompleteTime, lastStartedTime } = await activity.describe();
        if (attempt < 2 || lastAttemptCompleteTime === undefined || lastStartedTime === undefined)
          return undefined;
        const [completed, started] = [lastAttemptCompleteTime.getTime(), lastStartedTime.getTime()];
        return started > completed ? { completed, started } : undefined;
      });
      const failover = { detection: (completed - killed) / 1000, restart: (started - completed) / 1000 };
      log(
        `kill ${String(kill + 1)}: noticed after ${failover.detection.toFixed(2)} s, the next attempt ${failover.restart.toFixed(2)} s later`,
      );
      failovers.push(failover);
      await activity.cancel('measured');
      await until(signal, async () =>
        (await activity.describe()).runState === undefined ? true : undefined,
      );
      await place.worker();
    }
    return failovers;
  } finally {
    await place.close();
  }
}

async function until<Found>(signal: AbortSignal, look: () => Promise<Found | undefined>): Promise<Found> {
  for (;;) {
    signal.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    await pause(signal, 50);
  }
}

async function pause(signal: AbortSignal, milliseconds: number): Promise<void> {
  signal.throwIfAborted();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
