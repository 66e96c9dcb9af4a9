import type { LocalStack, ServerName } from './local-stack.js';
import { S3_REGION } from './s3-server.js';
import type { StackState } from './stack-state.js';

/** The stack as clients see it. */
export function describeStack(
  stateFolder: string,
  state: StackState,
  pids: Readonly<Record<ServerName, number>>,
): LocalStack {
  const url = (port: number): string => `http://127.0.0.1:${port}`;
  return {
    stateFolder,
    temporal: {
      address: `127.0.0.1:${state.ports.temporal}`,
      namespace: state.namespace,
      uiUrl: url(state.ports.ui),
      httpUrl: url(state.ports.http),
    },
    s3: {
      endpoint: url(state.ports.s3),
      region: S3_REGION,
      bucket: state.bucket,
      accessKeyId: state.credentials.access_key_id,
      secretAccessKey: state.credentials.secret_access_key,
    },
    pids,
  };
}
