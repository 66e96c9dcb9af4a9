import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { EventReader } from './event-reader.js';

let folder: string;
let file: string;
let phases: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nacre-events-'));
  file = join(folder, 'events.jsonl');
  phases = [];
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const line = (phase: string) => `${JSON.stringify({ type: 'phase-start', phase, at: 1 })}\n`;
const read = () =>
  new EventReader(file, (event) => {
    if (event.type === 'phase-start') phases.push(event.phase);
  });

test('a reader that starts late misses nothing', async () => {
  writeFileSync(file, line('one') + line('two'));
  await read().close();
  expect(phases).toEqual(['one', 'two']);
});

test('a reader that starts before the file sees it as it grows, half lines when they are whole', async () => {
  const reader = read();
  writeFileSync(file, line('one') + line('zwölf').slice(0, 30));
  await expect.poll(() => phases).toEqual(['one']);
  appendFileSync(file, line('zwölf').slice(30));
  await expect.poll(() => phases).toEqual(['one', 'zwölf']);
  await reader.close();
});

test('a letter cut in the middle of its bytes is put together', async () => {
  const bytes = Buffer.from(line('ö'));
  const cut = bytes.indexOf(0xc3) + 1;
  const reader = read();
  writeFileSync(file, bytes.subarray(0, cut));
  await new Promise((resolve) => setTimeout(resolve, 400));
  appendFileSync(file, bytes.subarray(cut));
  await reader.close();
  expect(phases).toEqual(['ö']);
});

test('a foreign line, a broken one and an unfinished one are passed over', async () => {
  writeFileSync(
    file,
    `Loading weights\n{"type":"phase-st\n{"type":"unheard-of","at":1}\n${line('one')}{"type":`,
  );
  await read().close();
  expect(phases).toEqual(['one']);
});

test('a file that never appears is no error', async () => {
  await read().close();
  expect(phases).toEqual([]);
});
