import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { stageTable } from '@nacre/stages';
import { afterAll, describe, expect, it } from 'vitest';

import { sourceClosure } from './stage-lock/source-closure.mjs';
import { lockFaults, lockOf, type StageLock } from './stage-lock/stage-lock.mjs';

const root = resolve(import.meta.dirname, '..');
const recorded = JSON.parse(readFileSync(join(root, 'stages.lock.json'), 'utf8')) as StageLock;
const copy = mkdtempSync(join(tmpdir(), 'nacre-stage-lock-'));

afterAll(() => {
  rmSync(copy, { recursive: true, force: true });
});

describe('stages.lock.json', () => {
  it('is up to date with the sources of every stage kind', () => {
    expect(lockFaults(recorded, lockOf(root))).toEqual([]);
  });

  it('goes stale for exactly the kinds that a changed Python module decides, until it is recorded', () => {
    for (const folder of [
      'libs/data/src',
      'libs/metrics/src',
      'libs/activities/src',
      'libs/model/src',
      'libs/quantization/src',
    ]) {
      cpSync(join(root, folder), join(copy, folder), { recursive: true });
    }
    const module = join(copy, 'libs/model/src/nacre_model/losses.py');
    writeFileSync(module, `${readFileSync(module, 'utf8')}\n# another formula\n`);
    const stale = lockFaults(lockOf(root), lockOf(copy)).map((fault) => fault.split(':')[0]);
    expect(stale).toEqual(['post_pretrain', 'train_teacher', 'distil']);
  });

  it('asks for a record when a version is raised, and refuses a version that went back', () => {
    const now = lockOf(root);
    const { merge } = now;
    if (merge === undefined) throw new Error('merge is a stage kind');
    expect(lockFaults(now, { ...now, merge: { ...merge, version: 2 } })).toEqual([
      expect.stringContaining('--raised'),
    ]);
    expect(lockFaults({ ...now, merge: { ...merge, version: 2 } }, now)).toEqual([
      expect.stringContaining('below 2'),
    ]);
  });

  it('follows imports through every level, so that no kind forgets a source', () => {
    for (const { sources } of stageTable) expect(sourceClosure(root, sources).length).toBeGreaterThan(0);
    const trained = sourceClosure(root, ['libs/model/src/nacre_model/training.py']);
    expect(trained).toEqual(
      expect.arrayContaining(
        ['losses.py', 'adapters.py', 'batches.py', 'models.py', 'tables.py'].map(
          (name) => `libs/model/src/nacre_model/${name}`,
        ),
      ),
    );
  });
});
