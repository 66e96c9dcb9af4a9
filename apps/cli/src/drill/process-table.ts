import { readdirSync, readFileSync } from 'node:fs';

/** A process as /proc tells about it. */
export interface ProcessEntry {
  readonly pid: number;
  /** Leader of its process group. */
  readonly group: number;
}

/** The process of that id, unless it has ended; a zombie has ended. */
export function livingProcess(pid: number): ProcessEntry | undefined {
  const stat = read(pid, 'stat');
  // The name in parentheses may itself hold spaces and parentheses.
  const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === undefined || state === '' || state === 'Z' || state === 'X'
    ? undefined
    : { pid, group: Number(group) };
}

/** Living members of a process group. */
export function groupMembers(group: number): number[] {
  return allProcesses().filter((pid) => livingProcess(pid)?.group === group);
}

/** Living processes in whose environment at their start a text stands, this one left out. */
export function processesWith(text: string): number[] {
  return allProcesses().filter(
    (pid) => pid !== process.pid && read(pid, 'environ').includes(text) && livingProcess(pid) !== undefined,
  );
}

/** Sends a signal to one process; whether it was alive to get it. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  if (livingProcess(pid) === undefined) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false; // It ended between the look and the signal.
  }
}

function allProcesses(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid));
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, 'latin1');
  } catch {
    return ''; // It has ended, or belongs to another user.
  }
}
