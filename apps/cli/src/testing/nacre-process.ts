import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

/** How a command ended. */
export interface EndedCommand {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** How a command is called. */
export interface CommandSettings {
  readonly environment: NodeJS.ProcessEnv;
  /** Working directory, in which the embedded servers of a project are looked for. */
  readonly folder: string;
  /** SIGINT is sent when stdout or stderr holds this. */
  readonly interruptAt?: RegExp;
}

const main = join(import.meta.dirname, '..', 'main.ts');

/** A `nacre` of its own, from source, with no terminal and a closed stdin. It is killed when the test ends. */
export function nacre(words: readonly string[], settings: CommandSettings): Promise<EndedCommand> {
  const { environment, folder, interruptAt } = settings;
  const began = performance.now();
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), '--conditions=@nacre/source', main, ...words],
    {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stdout = '';
  let stderr = '';
  let interrupted = false;
  const look = () => {
    if (interrupted || interruptAt?.test(stdout + stderr) !== true) return;
    interrupted = true;
    child.kill('SIGINT');
  };
  child.stdout.on('data', (piece: Buffer) => {
    stdout += piece.toString('utf8');
    look();
  });
  child.stderr.on('data', (piece: Buffer) => {
    stderr += piece.toString('utf8');
    look();
  });
  return new Promise((resolve) => {
    child.once('close', (code) => {
      resolve({ code, stdout, stderr, seconds: (performance.now() - began) / 1000 });
    });
  });
}

/** The events of a command with --json; throws where a line of stdout is none. */
export function eventsOf({ stdout }: EndedCommand): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
