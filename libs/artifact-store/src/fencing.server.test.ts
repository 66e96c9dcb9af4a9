import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

import { claimStage } from './claim-stage.js';
import { publishArtifact } from './publish-artifact.js';
import { publishStage } from './publish-stage.js';
import { readRegister } from './read-register.js';
import { temporaryFolder } from './testing/temporary-folder.js';
import { testDraft } from './testing/test-draft.js';
import { testHolder } from './testing/test-holder.js';
import { testStore } from './testing/test-store.js';

const key = 'd3'.repeat(32);

it.each([
  ['has published', 'adopted'],
  ['is still at work', 'ClaimLost'],
])(
  'a process stopped before its publishing PUT publishes nothing when its successor %s',
  async (how, ending) => {
    const store = testStore();
    const publish = async (weights: string): Promise<string> =>
      (await publishArtifact(store, testDraft(temporaryFolder(), { weights }))).manifest_id;
    const [stale, fresh] = [await publish('of the stopped one'), await publish('of its successor')];
    const child = spawn(
      process.execPath,
      [
        ...['--import', 'tsx', '--conditions=@nacre/source'],
        fileURLToPath(new URL('testing/publish-in-child.ts', import.meta.url)),
        ...[store.prefix, key, stale],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    const told = text(child.stdout);
    const state = (): string | undefined =>
      /^State:\s+(\S)/m.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))?.[1];
    await expect.poll(state, { timeout: 40_000 }).toBe('T');

    const successor = await claimStage(store, 'merge', key, testHolder('run-b'), () =>
      Promise.resolve(false),
    );
    if (successor.state !== 'claimed') throw new Error(`expected a claim, got ${successor.state}`);
    expect(successor.term).toBe(2);
    if (ending === 'adopted') await publishStage(store, 'merge', key, successor, fresh);
    const before = await readRegister(store, 'merge', key);
    child.kill('SIGCONT');
    expect(await told, how).toBe(ending);
    expect(await readRegister(store, 'merge', key)).toEqual(before);
  },
);
