import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { checkpointSchema } from '@nacre/contracts/artifact';
import { taskEventSchema, taskRequestSchema, taskResultSchema } from '@nacre/contracts/trainer';
import { stageTable } from '@nacre/stages';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '..');

/** Where the Python tasks read the schemas that bind them. */
export const SCHEMA_FOLDER = join(root, 'libs/model/src/nacre_model/schemas');

/** The documents between TypeScript and the Python tasks, by file name. */
export const documentSchemas = {
  'task-request.json': taskRequestSchema,
  'task-event.json': taskEventSchema,
  'task-result.json': taskResultSchema,
  'checkpoint.json': checkpointSchema,
} as const satisfies Record<string, z.ZodType>;

/** Where the Python tasks read which version of each stage kind they compute. */
export const STAGE_VERSIONS = 'stage-versions.json';

/** Version of every stage kind that a Python task computes. */
export function stageVersions(): Record<string, number> {
  const computed = stageTable.filter(({ task }) => task !== undefined);
  return Object.fromEntries(computed.map(({ kind, version }) => [kind, version]));
}

/**
 * JSON Schema (draft 2020-12) of each document as it stands on the wire, i.e. after zod has applied
 * its defaults: Python never applies one. Refinements that JSON Schema cannot say are left to zod.
 * And the versions of the stages.
 *
 * @returns the text of each file by its name
 */
export async function exportedSchemas(): Promise<Record<string, string>> {
  const options = await resolveConfig(join(SCHEMA_FOLDER, 'task-request.json'));
  const documents: Record<string, unknown> = { [STAGE_VERSIONS]: stageVersions() };
  for (const [name, schema] of Object.entries(documentSchemas)) {
    documents[name] = z.toJSONSchema(schema, { io: 'output' });
  }
  const texts = Object.entries(documents).map(
    async ([name, document]) =>
      [name, await format(JSON.stringify(document), { ...options, parser: 'json' })] as const,
  );
  return Object.fromEntries(await Promise.all(texts));
}

const usage = `Usage: node --import tsx --conditions=@nacre/source tools/export-schemas.mts
Writes the JSON Schemas of the task request, event and result and the versions of the
stages for the Python side into ${relative(root, SCHEMA_FOLDER)}.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help === true) {
    process.stdout.write(usage);
    return;
  }
  const schemas = await exportedSchemas();
  await mkdir(SCHEMA_FOLDER, { recursive: true });
  const old = (await readdir(SCHEMA_FOLDER)).filter((name) => name.endsWith('.json') && !(name in schemas));
  await Promise.all(old.map((name) => rm(join(SCHEMA_FOLDER, name))));
  for (const [name, text] of Object.entries(schemas)) {
    await writeFile(join(SCHEMA_FOLDER, name), text);
    process.stdout.write(`${relative(root, join(SCHEMA_FOLDER, name))}\n`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
