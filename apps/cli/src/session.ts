import { storeFromEnvironment, type ArtifactStore } from '@nacre/artifact-store';
import { findLocalStack, resolveEndpoints, type LocalStack } from '@nacre/local-stack';
import { connectClient, type ConnectedClient } from '@nacre/temporal-connection';

/** What a command reaches: Temporal, the store, and the embedded servers where they are used. */
export interface Session {
  readonly environment: NodeJS.ProcessEnv;
  readonly stack: LocalStack | undefined;
  readonly temporal: ConnectedClient;
  readonly store: ArtifactStore;
  /** Address of the Temporal UI for a run, where it is known. */
  uiLink(workflowId: string): string | undefined;
  close(): Promise<void>;
}

/** The environment of a command: the user's own settings, else those of the embedded servers if they run. */
export async function endpointEnvironment(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<{ environment: NodeJS.ProcessEnv; stack: LocalStack | undefined }> {
  const stack = await findLocalStack();
  return { environment: { ...environment, ...resolveEndpoints(environment, stack).environment }, stack };
}

/**
 * Connects to Temporal and opens the store.
 *
 * @throws TemporalUnreachable, StoreUnavailable with the remedy
 */
export async function openSession(environment: NodeJS.ProcessEnv = process.env): Promise<Session> {
  const found = await endpointEnvironment(environment);
  const temporal = await connectClient(found.environment);
  const { stack } = found;
  const embedded = stack !== undefined && temporal.address === stack.temporal.address;
  return {
    ...found,
    temporal,
    store: storeFromEnvironment(found.environment),
    uiLink: (workflowId) =>
      embedded
        ? `${stack.temporal.uiUrl}/namespaces/${temporal.namespace}/workflows/${workflowId}`
        : undefined,
    close: () => temporal.close(),
  };
}

/** Runs `work` with a session and closes it however that ends. */
export async function withSession<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
  const session = await openSession();
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
