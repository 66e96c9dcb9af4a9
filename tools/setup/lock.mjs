import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** @param {string} path @returns {number | undefined} pid of the holder; undefined where nobody holds the lock */
function holderOf(path) {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @param {string} path @returns {boolean} whether the lock is now ours */
function take(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Puts a dead process's lock aside. Of two that try, one renames first; a lock that someone took in between is given
 * back.
 * @param {string} path
 * @param {number} deadPid
 */
function breakLock(path, deadPid) {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return;
    throw error;
  }
  if (holderOf(aside) === deadPid) rmSync(aside);
  else renameSync(aside, path);
}

/**
 * Runs `work` while holding the lock file, which carries the holder's pid. Waits for a living holder, takes over from
 * a dead one.
 * @template T
 * @param {string} path
 * @param {(pid: number) => void} onWait called once, if another process holds the lock
 * @param {() => T} work
 * @returns {T}
 */
export function withLock(path, onWait, work) {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!take(path)) {
    const holder = holderOf(path);
    if (holder === undefined) continue;
    // A holder that has created the file but not yet written its pid reads as 0.
    if (holder > 0 && !isAlive(holder)) {
      breakLock(path, holder);
      continue;
    }
    if (!told) onWait(holder);
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  try {
    return work();
  } finally {
    rmSync(path, { force: true });
  }
}
