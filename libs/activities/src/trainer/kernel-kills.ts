import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the kernel tells of control groups. */
export interface ControlGroupPlaces {
  /** Which groups this process is in. */
  readonly membership: string;
  /** Where the groups are mounted. */
  readonly mount: string;
}

const linux: ControlGroupPlaces = { membership: '/proc/self/cgroup', mount: '/sys/fs/cgroup' };

/**
 * Processes of this control group (the worker's, and so its tasks') that the kernel has killed because
 * memory ran out, since the group was made; undefined where it does not say. A SIGKILL is the
 * kernel's only when this number rose (design, section 3).
 */
export async function kernelKills(places: ControlGroupPlaces = linux): Promise<number | undefined> {
  let membership: string;
  try {
    membership = await readFile(places.membership, 'utf8');
  } catch {
    return undefined; // Not Linux.
  }
  for (const line of membership.trim().split('\n')) {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const version1 = controllers.split(',').includes('memory');
    if (!version1 && controllers !== '') continue;
    const mount = version1 ? join(places.mount, 'memory') : places.mount;
    const file = version1 ? 'memory.oom_control' : 'memory.events';
    // In a container the group's own files often stand at the mount itself.
    for (const folder of [join(mount, path), mount]) {
      const kills = await readFile(join(folder, file), 'utf8').then(
        (text) => /^oom_kill (\d+)$/m.exec(text)?.[1],
        () => undefined,
      );
      if (kills !== undefined) return Number(kills);
    }
  }
  return undefined;
}
