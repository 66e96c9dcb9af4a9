import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openStore } from '@nacre/artifact-store';
import { expect, test } from 'vitest';

import { CheckpointSession } from './checkpoint-session.js';
import { playedStage } from './testing/played-stage.js';

test('of checkpoints that wait for an upload only the newest is tried, and those that failed do not fill the disk', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nacre-waiting-checkpoints-'));
  try {
    const context = playedStage(folder, 'train');
    const store = openStore({ bucket: 'none', prefix: '', region: 'none', endpoint: 'http://127.0.0.1:9' });
    Object.defineProperty(context, 'store', { value: store });
    const told: string[] = [];
    const session = new CheckpointSession(context, (line) => told.push(line));
    const written = (step: number) => {
      // Empty: no store would take it.
      const place = join(context.work, 'checkpoints', String(step));
      mkdirSync(place, { recursive: true });
      session.hear({ type: 'checkpoint-written', at: 0, step, folder: place, bytes: 1, seconds: 0 });
    };
    for (const step of [10, 20, 30]) written(step);
    await session.settle();
    expect(told.map((line) => /step (\d+)/.exec(line)?.[1])).toEqual(['10', '30']);
    expect(readdirSync(join(context.work, 'checkpoints'))).toEqual(['30']);
    session.drop();
    written(40);
    await session.settle();
    expect(told).toHaveLength(2);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
