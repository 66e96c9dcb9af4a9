import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { taskEventSchema, taskRequestSchema, taskResultSchema } from '@nacre/contracts/trainer';
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
} as const satisfies Record<string, z.ZodType>;

/**
 * JSON Schema (draft 2020-12) of each document as it stands on the wire, i.e. after zod has applied
 * its defaults: Python never applies one. Refinements that JSON Schema cannot say are left to zod.
 *
 * @returns the text of each file by its name
 */
export async function exportedSchemas(): Promise<Record<string, string>> {
  const options = await resolveConfig(join(SCHEMA_FOLDER, 'task-request.json'));
  const texts = Object.entries(documentSchemas).map(async ([name, schema]) => {
    const document = JSON.stringify(z.toJSONSchema(schema, { io: 'output' }));
    return [name, await format(document, { ...options, parser: 'json' })] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

const usage = `Usage: node --import tsx --conditions=@nacre/source tools/export-schemas.mts
Writes the JSON Schemas of the task request, event and result for the Python side
into ${relative(root, SCHEMA_FOLDER)}.
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
