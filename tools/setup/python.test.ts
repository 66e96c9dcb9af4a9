import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareGivenPython, findBasePython, pythonProgram } from './python.mjs';

let folder: string;
let bare: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nacre-python-'));
  bare = join(folder, 'bin/python');
  spawnSync(findBasePython().program, ['-m', 'venv', '--without-pip', folder]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the interpreter of this checkout has the needed packages', () => {
  const differences = compareGivenPython(pythonProgram());
  for (const line of differences) expect(line).toMatch(/^[\w-]+: \S+ \(tested with \S+\)$/);
});

test('a Python without torch is refused by name', () => {
  expect(() => compareGivenPython(bare)).toThrow(
    /has no torch, transformers, peft, safetensors, tokenizers\. Install/,
  );
});

test.each(['/nowhere/python', '/bin/false'])('%s is refused as no Python', (program) => {
  expect(() => compareGivenPython(program)).toThrow(`NACRE_PYTHON=${program} is no working Python.`);
});
