import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { SetUpError } from './set-up-error.mjs';
import { root } from './workspace.mjs';

const gigabyte = 1e9;

/**
 * Whether dotted version `found` is at least `wanted`.
 * @param {string} found
 * @param {string} wanted
 */
export function isAtLeast(found, wanted) {
  const [have, want] = [found, wanted].map((version) => version.split('.').map(Number));
  for (const [index, part] of (want ?? []).entries()) {
    const own = have?.[index] ?? 0;
    if (own !== part) return own > part;
  }
  return true;
}

/** @throws {SetUpError} below Node 20.19, the first 20 with all that Nx, vite and eslint call */
export function checkNode() {
  if (isAtLeast(process.versions.node, '20.19')) return;
  throw new SetUpError(
    `Nacre needs Node 20.19 or newer; this is ${process.versions.node}.`,
    'Install Node 24.',
  );
}

/** @throws {SetUpError} without git: every artifact names the commit that made it */
export function checkGit() {
  if (spawnSync('git', ['--version']).status === 0) return;
  throw new SetUpError('There is no git on PATH.', 'Install git, then run the command again.');
}

/** @throws {SetUpError} where the packaged servers and torch cannot run: musl, or glibc older than 2.28 */
export function checkLibc() {
  if (process.platform !== 'linux') return;
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  const glibc = report.header.glibcVersionRuntime;
  if (glibc !== undefined && isAtLeast(glibc, '2.28')) return;
  throw new SetUpError(
    `PyTorch and the embedded servers need glibc 2.28 or newer; this system has ${glibc ?? 'none (musl?)'}.`,
    'Use Debian 10, Ubuntu 20.04, RHEL 8 or newer, or a container of one.',
  );
}

/**
 * @param {number} bytes that the pending steps will need
 * @throws {SetUpError} where the checkout's disk has less room
 */
export function checkDisk(bytes) {
  const { bavail, bsize } = statfsSync(root);
  const free = bavail * bsize;
  if (free >= bytes) return;
  const [needed, found] = [bytes, free].map((size) => (size / gigabyte).toFixed(1));
  throw new SetUpError(
    `Set-up needs ${needed} GB of free disk at ${root}; there are ${found} GB.`,
    'Free some, or clone to another disk.',
  );
}
