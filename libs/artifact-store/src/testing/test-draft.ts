import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { ArtifactDraft } from '../publish-artifact.js';

/** Writes the files into the folder and drafts an artifact of them, made by that run. */
export function testDraft(
  folder: string,
  files: Readonly<Record<string, string | Buffer>>,
  run = 'run-a',
): ArtifactDraft {
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return {
    kind: 'merge',
    folder,
    created_by: {
      workflow_id: run,
      run_id: `${run}-1`,
      term: 1,
      git_commit: 'unknown',
      stage: 'merge',
      stage_key: 'ab'.repeat(32),
      stage_version: 1,
    },
    environment: { node: process.version },
    parameters: { method: 'product_mean' },
    inputs: {},
    metrics: { files: Object.keys(files).length },
  };
}
