import { DeviceBusy, DoesNotFit } from '@nacre/contracts/errors';

import { takeDeviceLock, type DeviceLock } from './device-lock.js';
import type { DeviceMemory, DeviceProbe } from './device-probe.js';
import type { DeviceLease } from './stage-context.js';

/** Share of a GPU's memory that drivers and monitors take of an idle one; more means that somebody works on it. */
const IDLE_SHARE = 0.05;

/** GPUs that are one stage's until it releases them. */
export interface LeasedDevices extends DeviceLease {
  /** Gives them back; a process that inherited a descriptor and still lives keeps that GPU locked. */
  release(): Promise<void>;
}

/** What leases are made from. */
export interface DeviceLeasesSettings {
  /** Ids of the GPUs that this worker owns. */
  readonly ids: readonly number[];
  readonly lockFolder: string;
  readonly probe: DeviceProbe;
}

interface Waiting {
  readonly count: number;
  readonly holder: string;
  readonly take: (devices: LeasedDevices) => void;
  readonly refuse: (error: Error) => void;
}

/**
 * The GPUs of one worker (design, section 3). Whoever came first is served first: a request for many
 * GPUs is never passed by smaller ones that came later. A GPU is handed out when no other process of
 * the node holds its lock and its memory is free.
 */
export class DeviceLeases {
  readonly #settings: DeviceLeasesSettings;
  readonly #free: Set<number>;
  readonly #waiting: Waiting[] = [];
  #serving = false;

  constructor(settings: DeviceLeasesSettings) {
    this.#settings = settings;
    this.#free = new Set(settings.ids);
  }

  /**
   * `count` GPUs for the stage that `holder` names, as soon as so many of this worker's are free.
   *
   * @throws DoesNotFit when the worker has fewer; DeviceBusy when others than this worker's stages use
   * them; DeviceFault when the probe fails; the signal's reason
   */
  async lease(count: number, holder: string, signal: AbortSignal): Promise<LeasedDevices> {
    const owned = this.#settings.ids;
    if (count > owned.length) {
      throw new DoesNotFit(
        `the stage asks for ${String(count)} GPUs and this worker has ${owned.join(', ')} (--gpus); ` +
          'give it a pool whose workers have as many, or lower gpus in the recipe',
      );
    }
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        count,
        holder,
        take: (devices) => {
          signal.removeEventListener('abort', leave);
          if (signal.aborted) void devices.release();
          else resolve(devices);
        },
        refuse: (error) => {
          signal.removeEventListener('abort', leave);
          reject(error);
        },
      };
      const leave = () => {
        const place = this.#waiting.indexOf(waiting);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(signal.reason as Error);
        void this.#serve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      void this.#serve();
    });
  }

  /** Serves who waits in order, one at a time, while the first of them can be served. */
  async #serve(): Promise<void> {
    if (this.#serving) return;
    this.#serving = true;
    try {
      for (;;) {
        const [first] = this.#waiting;
        if (first === undefined || first.count > this.#free.size) return;
        this.#waiting.shift();
        await this.#take(first).then(first.take, first.refuse);
      }
    } finally {
      this.#serving = false;
    }
  }

  async #take({ count, holder }: Waiting): Promise<LeasedDevices> {
    const { lockFolder, probe } = this.#settings;
    const candidates = [...this.#free].sort((left, right) => left - right);
    const locks: DeviceLock[] = [];
    const refusals: string[] = [];
    try {
      while (locks.length < count && candidates.length > 0) {
        const fresh: DeviceLock[] = [];
        for (const id of candidates.splice(0, count - locks.length)) {
          const lock = await takeDeviceLock(lockFolder, id, holder);
          if ('heldBy' in lock) refusals.push(`GPU ${String(id)} is held by ${lock.heldBy}`);
          else fresh.push(lock);
        }
        locks.push(...fresh);
        // Asked only now: what is seen before the lock is ours may be over, or have just begun.
        const memory = fresh.length === 0 ? new Map<number, DeviceMemory>() : await probe();
        for (const lock of fresh) {
          const inUse = usedBy(lock.id, memory.get(lock.id));
          if (inUse === undefined) continue;
          refusals.push(inUse);
          locks.splice(locks.indexOf(lock), 1);
          await lock.close();
        }
      }
      if (locks.length < count) {
        throw new DeviceBusy(
          `${String(locks.length)} of the ${String(count)} GPUs that the stage needs can be had: ${refusals.join('; ')}`,
          { needed: count, free: locks.length },
        );
      }
    } catch (error) {
      await Promise.all(locks.map((lock) => lock.close()));
      throw error;
    }
    for (const { id } of locks) this.#free.delete(id);
    let held = true;
    return {
      ids: locks.map(({ id }) => id),
      lockFiles: locks.map(({ descriptor }) => descriptor),
      release: async () => {
        if (!held) return;
        held = false;
        await Promise.all(locks.map((lock) => lock.close()));
        for (const { id } of locks) this.#free.add(id);
        void this.#serve();
      },
    };
  }
}

/** Why a GPU cannot be handed out by what the probe says of it, or undefined. */
function usedBy(id: number, memory: DeviceMemory | undefined): string | undefined {
  if (memory === undefined) return `GPU ${String(id)} is not among those that the probe knows`;
  const { used, total } = memory;
  return used <= total * IDLE_SHARE
    ? undefined
    : `GPU ${String(id)} has ${String(used)} of ${String(total)} MiB in use by a process that is not this worker's (nvidia-smi names it)`;
}
