import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { runProgram } from './support/run-program.js';
import { root } from './support/workplace.js';

interface Event {
  readonly type: string;
  readonly outcome?: string;
  readonly message?: string | null;
  readonly pid?: number;
  readonly disturbances?: number;
  readonly empty?: readonly string[];
}

test('a short drill: whatever is killed, stopped or ended, every byte is as in an undisturbed run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nacre-drill-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const words = ['--json', 'drill', '--disturbances', '4', '--seed', '4', '--folder', folder];
  const nacre = (more: readonly string[]) =>
    runProgram(process.execPath, [join(root, 'apps/cli/bin/nacre.mjs'), ...more], folder, process.env);
  const { code, stdout, stderr } = await nacre(words);
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  expect({
    code,
    stderr,
    failures: events.filter(({ outcome }) => outcome !== undefined && outcome !== 'identical'),
  }).toEqual({
    code: 0,
    stderr: '',
    failures: [],
  });
  const hits = events.filter(({ type }) => type === 'drill-disturbance');
  expect(hits.length).toBeGreaterThanOrEqual(4);
  expect(hits.every(({ pid }) => pid !== undefined && pid > 1)).toBe(true);
  expect(events.at(-1)).toMatchObject({ type: 'drill-end', disturbances: hits.length });

  // What was done is kept: the same command has nothing left to do.
  const kept = readFileSync(join(folder, 'drill.json'), 'utf8');
  const again = await nacre(words);
  expect(again.code).toBe(0);
  expect(again.stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(readFileSync(join(folder, 'drill.json'), 'utf8')).toBe(kept);

  const otherSeed = await nacre(['drill', '--seed', '5', '--folder', folder]);
  expect(otherSeed).toMatchObject({ code: 2 });
  expect(otherSeed.stderr).toContain('is of a drill with --seed 4');
});
