import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { workflowBundle } from './scripted-pipeline.js';

/**
 * A workflow bundle of another build that cannot follow the histories of this one: it asks for the search
 * attributes twice before its first stage. Answers its file, in a folder of its own.
 */
export function otherBuild(): string {
  const code = readFileSync(workflowBundle, 'utf8');
  const changed = code.replace(/await (\S+\.control\.knownSearchAttributes\(\))/, 'await $1.then(() => $1)');
  if (changed === code) throw new Error('the workflow asks for search attributes in another way now');
  const file = join(mkdtempSync(join(tmpdir(), 'nacre-other-build-')), 'workflow-bundle.js');
  writeFileSync(file, changed);
  return file;
}
