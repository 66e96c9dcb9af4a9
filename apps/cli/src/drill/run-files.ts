import { createHash } from 'node:crypto';

import { getRunFile, readManifest, type ArtifactStore } from '@nacre/artifact-store';
import type { Progress } from '@nacre/contracts/run';

/** What a run has made: sha256 by `<stage> <path>` for every file of every artifact, and that of the submission. */
export type RunFiles = Readonly<Record<string, string>>;

/**
 * The files of a finished run, as its manifests name them.
 *
 * @throws StoreUnavailable, CorruptArtifact
 */
export async function filesOfRun(store: ArtifactStore, { workflow_id, stages }: Progress): Promise<RunFiles> {
  const files: Record<string, string> = {};
  for (const { name, artifact } of stages) {
    if (artifact === null) continue;
    const manifest = await readManifest(store, artifact.manifest_id);
    for (const { path, sha256 } of manifest.files) files[`${name} ${path}`] = sha256;
  }
  const submission = await getRunFile(store, workflow_id, 'submission.csv');
  if (submission !== undefined)
    files['submission.csv'] = createHash('sha256').update(submission).digest('hex');
  return files;
}

/** Every file that one of the two has otherwise than the other, or has alone. */
export function differences(reference: RunFiles, found: RunFiles): string[] {
  return [...new Set([...Object.keys(reference), ...Object.keys(found)])]
    .filter((name) => reference[name] !== found[name])
    .sort()
    .map((name) => `${name}: ${found[name] ?? 'absent'}, undisturbed ${reference[name] ?? 'absent'}`);
}
