import { readManifest } from '@nacre/artifact-store';
import type { Command } from 'commander';

import { textTable } from '../output.js';
import { findRun } from '../run-reference.js';
import { stagesOfRun } from '../stages-of-run.js';
import { withSession } from '../session.js';
import { does } from './command.js';

/** `nacre ls [RUN]`: files, sizes and digests of every artifact of a run. */
export function addLs(program: Command): void {
  const command = program
    .command('ls')
    .description('list the artifacts of a run')
    .argument('[run]', 'id of a run or its beginning; the newest run without it');
  does(command, async ({ output, words: [reference] }) =>
    withSession(async (session) => {
      const run = await findRun(session, reference);
      const rows = [['STAGE', 'STATE', 'FILE', 'BYTES', 'SHA256']];
      for (const { name, state, artifact } of await stagesOfRun(session, run)) {
        if (artifact === null) {
          output.event({ type: 'stage', stage: name, state });
          rows.push([name, state, '', '', '']);
          continue;
        }
        const { files, content_id } = await readManifest(session.store, artifact.manifest_id);
        for (const { path, size, sha256 } of files) {
          output.event({
            type: 'file',
            stage: name,
            state,
            manifest_id: artifact.manifest_id,
            content_id,
            path,
            size,
            sha256,
          });
          rows.push([name, state, path, String(size), sha256.slice(0, 16)]);
        }
      }
      if (!output.json) process.stdout.write(`${textTable(rows, new Set([3]))}\n`);
      return undefined;
    }),
  );
}
