import { readdirSync, readFileSync } from 'node:fs';

/** Ids of the living processes in whose environment or command line a text stands. A zombie does not live. */
export function livingProcesses(text: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && lives(pid) && says(pid, text));
}

function lives(pid: number): boolean {
  // The state follows the name, which may itself hold spaces and parentheses.
  const state = read(pid, 'stat').split(') ').at(-1)?.[0];
  return state !== undefined && state !== 'Z' && state !== 'X';
}

function says(pid: number, text: string): boolean {
  return read(pid, 'environ').includes(text) || read(pid, 'cmdline').includes(text);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, 'latin1');
  } catch {
    return ''; // It ended meanwhile, or belongs to another user.
  }
}
