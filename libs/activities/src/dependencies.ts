import type { ArtifactStore } from '@nacre/artifact-store';
import type { Client } from '@temporalio/client';

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
}
