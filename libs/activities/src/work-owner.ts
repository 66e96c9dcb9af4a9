import { readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

const OWNER_FILE = 'owner.json';

/** The process that works in a folder, in words that no later process shares. */
const ownerSchema = z.strictObject({
  pid: z.int().positive(),
  /** Name of its namespace of process ids: another container's ids say nothing here. */
  namespace: z.string(),
  /** When it was started, in the kernel's ticks since boot: ids are used again. */
  started: z.string(),
});

type Owner = z.infer<typeof ownerSchema>;

/** Writes into a stage's work folder who works there. Does nothing where there is no /proc. */
export async function markOwner(work: string): Promise<void> {
  const owner = await ownerOf(process.pid);
  if (owner !== undefined) await writeFile(join(work, OWNER_FILE), JSON.stringify(owner));
}

/**
 * Removes what killed workers have left of their stages: the work folders whose owner is a process of
 * this machine or container that no longer lives. Answers how many. A folder without an owner, or with
 * one that cannot be judged from here, stays.
 */
export async function removeAbandonedWork(workFolder: string): Promise<number> {
  const names = await readdir(workFolder).catch(() => []);
  const removed = await Promise.all(
    names.map(async (name) => {
      const work = join(workFolder, name);
      if (!(await isAbandoned(work))) return 0;
      await rm(work, { recursive: true, force: true });
      return 1;
    }),
  );
  return removed.reduce<number>((sum, one) => sum + one, 0);
}

async function isAbandoned(work: string): Promise<boolean> {
  try {
    const owner = ownerSchema.parse(JSON.parse(await readFile(join(work, OWNER_FILE), 'utf8')));
    if (owner.namespace !== (await readlink('/proc/self/ns/pid'))) return false;
    return (await ownerOf(owner.pid))?.started !== owner.started;
  } catch {
    return false; // Half written, or another version's: not ours to remove.
  }
}

/** A living process as owner; undefined when there is none of that id, or no /proc to ask. */
async function ownerOf(pid: number): Promise<Owner | undefined> {
  try {
    const [stat, namespace] = await Promise.all([
      readFile(`/proc/${String(pid)}/stat`, 'latin1'),
      readlink('/proc/self/ns/pid'),
    ]);
    // After the name, which may hold anything, the fields are separated by blanks; the start is the 20th.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
    const started = fields[18];
    if (started === undefined || state === 'Z' || state === 'X') return undefined;
    return { pid, namespace, started };
  } catch {
    return undefined;
  }
}
