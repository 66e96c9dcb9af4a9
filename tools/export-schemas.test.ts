import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { SCHEMA_FOLDER, documentSchemas, exportedSchemas } from './export-schemas.mjs';

const corpusFolder = resolve(import.meta.dirname, '../libs/model/tests/corpus');

/** Documents of one kind; libs/model/tests/test_documents.py puts the same ones through the exported schemas. */
interface Corpus {
  readonly valid: Record<string, unknown>;
  /** Each is the valid document `of` with `merge` applied (RFC 7396: null removes a key). */
  readonly invalid: readonly { readonly name: string; readonly of: string; readonly merge: unknown }[];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mergePatch(document: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = isRecord(document) ? { ...document } : {};
  for (const [key, value] of Object.entries(patch)) merged[key] = mergePatch(merged[key], value);
  return Object.fromEntries(Object.entries(merged).filter(([key]) => patch[key] !== null));
}

/** Whether zod takes the document as it stands: on the wire no key is left to a default. */
function accepts(name: keyof typeof documentSchemas, document: unknown): boolean {
  const parsed = documentSchemas[name].safeParse(document);
  return parsed.success && isDeepStrictEqual(parsed.data, document);
}

test('the exported schemas are those of the contracts; run tools/export-schemas.mts after a change', async () => {
  const exported = await exportedSchemas();
  expect(readdirSync(SCHEMA_FOLDER).sort()).toEqual(Object.keys(exported).sort());
  for (const [name, text] of Object.entries(exported)) {
    expect(readFileSync(join(SCHEMA_FOLDER, name), 'utf8'), name).toBe(text);
  }
});

describe.each(Object.keys(documentSchemas) as (keyof typeof documentSchemas)[])('corpus of %s', (name) => {
  const corpus = JSON.parse(readFileSync(join(corpusFolder, name), 'utf8')) as Corpus;

  test.each(Object.entries(corpus.valid))('zod accepts: %s', (_, document) => {
    expect(accepts(name, document)).toBe(true);
  });

  test.each(corpus.invalid)('zod refuses: $name', ({ of, merge }) => {
    expect(accepts(name, mergePatch(corpus.valid[of], merge))).toBe(false);
  });
});
