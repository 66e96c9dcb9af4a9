import { resolve } from 'node:path';

/** Folder of the checkout. */
export const root = resolve(import.meta.dirname, '../..');

/**
 * A path inside the checkout.
 * @param {string[]} parts
 */
export const inRoot = (...parts) => resolve(root, ...parts);
