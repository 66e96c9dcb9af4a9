import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { getRunFile, listRunFiles, type ArtifactStore } from '@nacre/artifact-store';
import { projectRoot } from '@nacre/local-stack';

/** Folder on this machine for the readable copies of a run. */
export function runFolder(workflowId: string): string {
  return join(projectRoot(), '.nacre', 'runs', workflowId);
}

/** Brings the readable copies of a run (report, submission, numbers, logs) to this machine; answers their paths. */
export async function copyRunFiles(store: ArtifactStore, workflowId: string): Promise<string[]> {
  const folder = runFolder(workflowId);
  const written: string[] = [];
  for (const { path } of await listRunFiles(store, workflowId)) {
    const body = await getRunFile(store, workflowId, path);
    if (body === undefined) continue;
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(`${target}.part`, body);
    await rename(`${target}.part`, target);
    written.push(target);
  }
  return written;
}
