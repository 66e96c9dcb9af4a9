import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { repositoryFolder } from '@nacre/activities';
import { environmentFor, startLocalStack, stopLocalStack, type StartedStack } from '@nacre/local-stack';

const NAMES_A_SERVER = /^(TEMPORAL_|AWS_|NACRE_S3_)/;

/**
 * A project of its own in a temporary folder: commands that run there start servers of their own and find
 * nothing of the user's, neither a stack nor servers that the environment names.
 */
export class Workplace {
  readonly folder: string;
  /** What commands that run here get. */
  readonly environment: NodeJS.ProcessEnv;

  private constructor(folder: string) {
    this.folder = folder;
    const own = Object.entries(process.env).filter(([name]) => !NAMES_A_SERVER.test(name));
    const binaries = join(repositoryFolder(), '.venv', 'bin');
    this.environment = {
      NACRE_TEMPORAL_CLI: join(binaries, 'temporal'),
      NACRE_WEED: join(binaries, 'weed'),
      ...Object.fromEntries(own),
      NACRE_WORK_FOLDER: this.stateFolder,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
  }

  /** Makes an empty workplace; `close` it. */
  static async open(): Promise<Workplace> {
    const workplace = new Workplace(await mkdtemp(join(tmpdir(), 'nacre-startup-')));
    await mkdir(workplace.stateFolder);
    return workplace;
  }

  get stateFolder(): string {
    return join(this.folder, '.nacre');
  }

  /** Starts the servers of the workplace, or finds them. */
  startServers(): Promise<StartedStack> {
    return startLocalStack({ stateFolder: this.stateFolder, environment: this.environment });
  }

  /** The environment of a program that uses the servers of the workplace. */
  async connected(): Promise<NodeJS.ProcessEnv> {
    return { ...this.environment, ...environmentFor(await this.startServers()) };
  }

  /** Stops the servers and removes everything. */
  async close(): Promise<void> {
    await stopLocalStack(this.stateFolder);
    await rm(this.folder, { recursive: true, force: true });
  }
}
