import { readdirSync, readFileSync } from 'node:fs';

/** Processes whose environment names a folder and that are alive; a zombie is not. */
export function livingUnder(folder: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => {
      try {
        const state = readFileSync(`/proc/${String(pid)}/stat`, 'latin1')
          .split(') ')
          .at(-1)?.[0];
        return (
          state !== 'Z' &&
          state !== 'X' &&
          readFileSync(`/proc/${String(pid)}/environ`, 'latin1').includes(folder)
        );
      } catch {
        return false; // It ended meanwhile.
      }
    });
}
