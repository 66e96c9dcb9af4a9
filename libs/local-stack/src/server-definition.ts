import type { ServerName } from './local-stack.js';
import type { StackState } from './stack-state.js';

/** What is particular to one of the two servers; starting and stopping them is the same. */
export interface ServerDefinition {
  readonly name: ServerName;
  /** File name of the binary in the binary folder. */
  readonly binary: string;
  /** Environment variable whose path replaces the binary. */
  readonly replacedBy: string;
  /** Arguments that print the version; its first line counts. */
  readonly versionArguments: readonly string[];
  /** File or folder, inside the server's data folder, whose presence means "there is a database". */
  readonly database: string;
  /** How long it may take to end in order before it is killed. */
  readonly graceMilliseconds: number;
  arguments(state: StackState, dataFolder: string): string[];
  /** Beside PATH and HOME; the only way by which a secret reaches a server. */
  environment(state: StackState): Record<string, string>;
  /** Whether a server that has just been spawned can be used for everything; asked until it says yes. */
  becomesUsable(state: StackState): Promise<boolean>;
  /** Whether a server that was usable still answers; false on any failure. */
  answers(state: StackState): Promise<boolean>;
  /** Removes what the server leaves outside its data folder. */
  cleanUp(state: StackState): void;
}
