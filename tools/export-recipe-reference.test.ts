import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { exportedReference } from './export-recipe-reference.mjs';

const root = resolve(import.meta.dirname, '..');
const python = process.env['NACRE_PYTHON'] ?? join(root, '.venv/bin/python');

/** What an independent validator says of each document: null, or the first fault. */
function validated(documents: readonly unknown[]): (string | null)[] {
  const program = `
import json, sys
from jsonschema import Draft202012Validator
schema = json.load(open(${JSON.stringify(join(root, 'docs/recipe.schema.json'))}))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
print(json.dumps([next((e.message for e in validator.iter_errors(d)), None) for d in json.load(sys.stdin)]))`;
  return JSON.parse(
    execFileSync(python, ['-c', program], { input: JSON.stringify(documents), encoding: 'utf8' }),
  ) as (string | null)[];
}

it('the reference is that of the contract; run tools/export-recipe-reference.mts after a change', async () => {
  for (const [path, text] of Object.entries(await exportedReference())) {
    expect(readFileSync(join(root, path), 'utf8'), path).toBe(text);
  }
});

describe('the schema for editors', () => {
  it('accepts every recipe of this repository, those that extend another too', () => {
    const files = readdirSync(join(root, 'recipes'), { recursive: true, encoding: 'utf8' }).filter(
      (file) => file.endsWith('.yaml') && file !== join('base', 'tiny.yaml') && !file.startsWith('studies'),
    );
    expect(files).toContain('demo.yaml');
    const faults = validated(
      files.map((file): unknown => parse(readFileSync(join(root, 'recipes', file), 'utf8'))),
    );
    expect(Object.fromEntries(files.map((file, index) => [file, faults[index]]))).toEqual(
      Object.fromEntries(files.map((file) => [file, null])),
    );
  });

  it('refuses a typing error, a wrong type and a file that extends nothing and lacks a key', () => {
    const least = { nacre: 1, name: 'x', data: {}, models: {}, teachers: {}, student: { base: 'm' } };
    expect(
      validated([
        least,
        { ...least, nmae: 'x' },
        { ...least, folds: { count: '3' } },
        { nacre: 1 },
        { extends: 'base.yaml' },
        { ...least, data: { ours: { path: 'a', columns: { label: { model_a: 'x' } } } } },
      ]).map((fault) => fault === null),
    ).toEqual([true, false, false, false, true, false]);
  });
});
