import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StackState } from './stack-state.js';

/** The stack's `temporal.toml`; any Temporal tool takes it as TEMPORAL_CONFIG_FILE. */
export function temporalProfileFile(stateFolder: string): string {
  return join(stateFolder, 'temporal.toml');
}

/**
 * Writes the stack's profile. It stands in for the user's own file, whose TLS or API key would
 * otherwise be used with the stack's address.
 */
export function writeTemporalProfile(stateFolder: string, { ports, namespace }: StackState): void {
  const lines = [
    '[profile.default]',
    `address = "127.0.0.1:${ports.temporal}"`,
    `namespace = "${namespace}"`,
  ];
  writeFileSync(temporalProfileFile(stateFolder), `${lines.join('\n')}\n`);
}
