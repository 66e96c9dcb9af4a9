import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { DeviceFault } from '@nacre/contracts/errors';

/** A wedged driver lets its tools hang: then the device does not answer, whatever the reason. */
const PROBE_MILLISECONDS = 30_000;
const QUERY = ['--query-gpu=index,memory.used,memory.total', '--format=csv,noheader,nounits'];

/** Memory of one GPU, in MiB as nvidia-smi reports it. */
export interface DeviceMemory {
  readonly used: number;
  readonly total: number;
}

/** What the GPUs of this node say about themselves, by id. */
export type DeviceProbe = () => Promise<ReadonlyMap<number, DeviceMemory>>;

/**
 * Asks nvidia-smi, or the program that NACRE_GPU_PROBE names in its place: called with the same
 * arguments, it prints the same lines `index, MiB used, MiB in all`.
 *
 * @throws DeviceFault when the program is missing, fails, hangs or says something else
 */
export function deviceProbe(environment: NodeJS.ProcessEnv): DeviceProbe {
  const program = environment['NACRE_GPU_PROBE'] ?? 'nvidia-smi';
  const { PATH, HOME, LD_LIBRARY_PATH } = environment;
  return async () => {
    let printed: string;
    try {
      const { stdout } = await promisify(execFile)(program, QUERY, {
        env: { PATH, HOME, LD_LIBRARY_PATH },
        timeout: PROBE_MILLISECONDS,
        killSignal: 'SIGKILL',
      });
      printed = stdout;
    } catch (error) {
      throw new DeviceFault(
        `${program} does not say how the GPUs of this node are: ${(error as Error).message.trim()}; ` +
          'run it by hand, or start the worker without --gpus',
      );
    }
    return new Map(
      printed
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => deviceOf(program, line)),
    );
  };
}

function deviceOf(program: string, line: string): [number, DeviceMemory] {
  const cells = line.split(',').map((cell) => cell.trim());
  const [index, used, total] = cells.map(Number);
  if (cells.length !== 3 || cells.includes('') || ![index, used, total].every(Number.isFinite)) {
    throw new DeviceFault(
      `${program} said ${JSON.stringify(line.slice(0, 80))} where "index, MiB used, MiB in all" was expected`,
    );
  }
  return [index ?? 0, { used: used ?? 0, total: total ?? 0 }];
}
