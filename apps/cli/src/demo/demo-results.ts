import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runFiles } from '@nacre/activities';
import { measurementSchema } from '@nacre/contracts/measurement';
import { renderTables } from '@nacre/report';

import type { Output } from '../output.js';
import { copyRunFiles, runFolder } from '../run-copies.js';
import type { Session } from '../session.js';

/** Brings the results of a run to this machine and shows the tables and where the files are. */
export async function showResults(session: Session, workflowId: string, output: Output): Promise<void> {
  const files = await copyRunFiles(session.store, workflowId);
  const local = (name: string) => join(runFolder(workflowId), name);
  if (files.includes(local(runFiles.measurement))) {
    const measurement = measurementSchema.parse(
      JSON.parse(await readFile(local(runFiles.measurement), 'utf8')),
    );
    output.event(
      { type: 'measurement', workflow_id: workflowId, measurement },
      `\n${renderTables(measurement)}\n`,
    );
  }
  for (const [what, name] of [
    ['report', runFiles.report],
    ['submission', runFiles.submission],
  ] as const) {
    if (files.includes(local(name)))
      output.event({ type: what, path: local(name) }, `${what.padEnd(12)}${local(name)}`);
  }
}
