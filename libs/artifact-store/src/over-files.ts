import type { FileEntry } from '@nacre/contracts/artifact';

import { concurrently, PARALLEL_REQUESTS } from './concurrently.js';

/**
 * Does the work for every file with about PARALLEL_REQUESTS requests at a time: files of one leaf side by side, larger
 * ones one after the other because they are parallel in themselves.
 */
export async function overFiles(
  files: readonly FileEntry[],
  work: (file: FileEntry) => Promise<void>,
): Promise<void> {
  const small = files.filter((file) => file.leaves.length <= 1);
  await concurrently(small, PARALLEL_REQUESTS, work);
  for (const file of files) if (file.leaves.length > 1) await work(file);
}
