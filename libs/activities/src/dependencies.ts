import type { ArtifactStore } from '@nacre/artifact-store';
import type { DeviceFault } from '@nacre/contracts/errors';
import type { Client } from '@temporalio/client';

import type { DeviceLeases } from './device-leases.js';
import type { Installation } from './installation.js';
import type { TaskRunner } from './stage-context.js';

/** What every activity of a worker works with. */
export interface ActivityDependencies {
  readonly store: ArtifactStore;
  readonly client: Client;
  /** Address and namespace as holders name them. */
  readonly address: string;
  readonly namespace: string;
  /** Identity of the worker. */
  readonly worker: string;
  readonly installation: Installation;
  readonly tasks: TaskRunner;
  /** The GPUs that this worker owns; null: it owns none, and stages see whatever the node has. */
  readonly devices: DeviceLeases | null;
  /** Told when a device of this worker failed: it must not take another GPU stage. */
  readonly onDeviceFault: (fault: DeviceFault) => void;
  /** Milliseconds from one renewal of a claim to the next; default 3 minutes. */
  readonly renewalMilliseconds?: number;
  /** Milliseconds from one write of an attempt's books to the next; default 10 seconds. */
  readonly ledgerMilliseconds?: number;
}
