import { NacreError } from '@nacre/contracts/errors';
import type { ServerName } from './local-stack.js';

/** Base of everything that keeps the embedded servers from running; the remedy is in the message. */
export abstract class LocalStackError extends NacreError {}

/** A port that the user fixed, or that running clients rely on, cannot be listened on. */
export class PortUnusable extends LocalStackError {
  override readonly name = 'PortUnusable';

  constructor(port: number, purpose: string, reason: string) {
    super(
      `Port ${port} on 127.0.0.1 (${purpose}) cannot be used: ${reason}. ` +
        'Stop what holds it, or choose another port.',
      { port, purpose },
    );
  }
}

/** The state folder cannot be written, or its disk is too full for two databases. */
export class StateFolderUnusable extends LocalStackError {
  override readonly name = 'StateFolderUnusable';

  constructor(stateFolder: string, reason: string, options?: ErrorOptions) {
    super(
      `The folder ${stateFolder} cannot hold the embedded servers' data: ${reason}. ` +
        'Free the space, correct the permissions, or choose another state folder.',
      { state_folder: stateFolder },
      options,
    );
  }
}

/** A server's binary is not where it is looked for, or is not executable. */
export class BinaryMissing extends LocalStackError {
  override readonly name = 'BinaryMissing';

  constructor(path: string, variable: string) {
    super(
      `${path} is not an executable file. Run \`npm run setup\`, ` +
        `or set ${variable} to the path of your own.`,
      { path, variable },
    );
  }
}

/** A server ended, or did not answer in time, while it was being started. */
export class ServerDiedAtStart extends LocalStackError {
  override readonly name = 'ServerDiedAtStart';

  constructor(server: ServerName, reason: string, logFile: string, lastLines: string) {
    super(
      `The embedded ${server} server ${reason}. Its log (${logFile}) ends with: ` +
        (lastLines === '' ? 'nothing.' : `\n${lastLines}`),
      { server, log_file: logFile },
    );
  }
}

/** A database was made by another version of its server, and servers do not migrate them. */
export class DatabaseOfOtherVersion extends LocalStackError {
  override readonly name = 'DatabaseOfOtherVersion';

  constructor(server: ServerName, madeBy: string, installed: string, folder: string) {
    super(
      `The ${server} database in ${folder} was made by version ${madeBy}, but ${installed} is ` +
        `installed, and a database is never migrated. Put the old version back, or move the ` +
        'folder away' +
        (server === 'temporal'
          ? ': starting a recipe again reuses its finished stages from the store.'
          : ': finished stages in it are then computed again.'),
      { server, made_by: madeBy, installed },
    );
  }
}

/** No stack was ever started in this state folder. */
export class StackNotFound extends LocalStackError {
  override readonly name = 'StackNotFound';

  constructor(stateFolder: string) {
    super(`No embedded servers are recorded in ${stateFolder}. Start them with \`npx nacre dev\`.`, {
      state_folder: stateFolder,
    });
  }
}

/** Another process has been starting or stopping the same stack for too long. */
export class StackBusy extends LocalStackError {
  override readonly name = 'StackBusy';

  constructor(stateFolder: string, pid: number) {
    super(
      `Process ${pid} has been starting or stopping the servers of ${stateFolder} for a ` +
        'minute. Wait for it or end it, then try again.',
      { state_folder: stateFolder, pid },
    );
  }
}
