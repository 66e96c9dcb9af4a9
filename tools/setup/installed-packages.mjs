import { readFileSync } from 'node:fs';

/** @typedef {{ version?: string, integrity?: string, resolved?: string, optional?: boolean }} LockedPackage */

/** @param {string} path @returns {Record<string, LockedPackage>} by folder, without the root itself */
function packagesOf(path) {
  const { packages } = /** @type {{ packages: Record<string, LockedPackage> }} */ (
    JSON.parse(readFileSync(path, 'utf8'))
  );
  return Object.fromEntries(Object.entries(packages).filter(([folder]) => folder !== ''));
}

/**
 * Whether node_modules holds what the lock file names, as after `npm install` by hand: then nothing is to be fetched.
 * @param {string} lock path of package-lock.json
 * @param {string} installed path of the lock file that npm keeps in node_modules
 */
export function isInstalled(lock, installed) {
  try {
    const [wanted, found] = [packagesOf(lock), packagesOf(installed)];
    const agrees = Object.entries(wanted).every(([folder, { version, integrity, resolved, optional }]) => {
      const other = found[folder];
      // Optional packages are the native parts of other platforms.
      if (other === undefined) return optional === true;
      return other.version === version && other.integrity === integrity && other.resolved === resolved;
    });
    return agrees && Object.keys(found).every((folder) => folder in wanted);
  } catch {
    return false;
  }
}
