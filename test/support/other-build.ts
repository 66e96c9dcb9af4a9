import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { workflowBundle } from './scripted-pipeline.js';

/**
 * A workflow bundle of another build that cannot follow the histories of this one: it asks for the search
 * attributes twice before its first stage. Answers its file, which goes when the test ends.
 */
export function otherBuild(): string {
  const code = readFileSync(workflowBundle, 'utf8');
  const changed = code.replace(/await (\S+\.control\.knownSearchAttributes\(\))/, 'await $1.then(() => $1)');
  if (changed === code) throw new Error('the workflow asks for search attributes in another way now');
  const folder = mkdtempSync(join(tmpdir(), 'nacre-other-build-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, 'workflow-bundle.js');
  writeFileSync(file, changed);
  return file;
}
