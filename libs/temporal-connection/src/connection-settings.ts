import { TemporalUnreachable } from '@nacre/contracts/errors';
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig';

/** Where and how to connect; shared by clients and workers. Holds secrets: never log it. */
export interface ConnectionSettings {
  /** host:port. */
  readonly address: string;
  readonly namespace: string;
  /** TLS, API key and headers as the SDK takes them. */
  readonly options: ClientConnectConfig['connectionOptions'];
}

/**
 * Reads the same profiles (`temporal.toml`) and TEMPORAL_* variables as the Temporal CLI; a variable
 * wins over the profile.
 *
 * @throws TemporalUnreachable when a profile or a certificate cannot be read
 */
export function connectionSettings(environment: NodeJS.ProcessEnv = process.env): ConnectionSettings {
  const present = Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
  try {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: present });
    const address = withPort(connectionOptions.address ?? 'localhost:7233');
    return { address, namespace: namespace ?? 'default', options: { ...connectionOptions, address } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TemporalUnreachable(
      `The settings for Temporal cannot be read: ${reason}. Check TEMPORAL_CONFIG_FILE, ` +
        'TEMPORAL_PROFILE and the TEMPORAL_TLS_* paths.',
      {},
      { cause: error },
    );
  }
}

function withPort(address: string): string {
  return /:\d+$/.test(address) ? address : `${address}:7233`;
}
