import { join } from 'node:path';

import { storeFromEnvironment, uploadSource } from '@nacre/artifact-store';
import { describe, expect, it } from 'vitest';

import { temporaryFolder } from '../temporary-folder.fixture.js';
import { nacreHere } from '../testing/nacre-here.js';
import { eventsOf, nacre } from '../testing/nacre-process.js';
import { ownServers } from '../testing/own-servers.js';

describe('nacre gc', () => {
  const servers = ownServers();

  it('counts what nothing reaches, by group, and names each object as JSON lines', async () => {
    const { environment } = servers();
    const store = storeFromEnvironment(environment);
    const source = join(temporaryFolder({ 'train.csv': 'of no stage' }), 'train.csv');
    const digest = (await uploadSource(store, source)).split('/').at(-1) ?? '';
    const { code, stdout } = await nacreHere(['gc', '--dry-run'], environment);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^blob +1 +11 +files that no artifact names$/m);
    expect(stdout).toMatch(/^checkpoint +0 +0 /m);
    const lines = eventsOf(
      await nacre(['gc', '--dry-run', '--json'], { folder: temporaryFolder(), environment }),
    );
    expect(lines).toContainEqual({
      type: 'unreachable',
      group: 'blob',
      key: expect.stringContaining(digest) as string,
      size: 11,
    });
    expect(lines).toContainEqual({ type: 'unreachable-group', group: 'blob', count: 1, bytes: 11 });
  });

  it('removes nothing: without --dry-run it ends with 2 and says what to do', async () => {
    const { code, stderr } = await nacreHere(['gc'], servers().environment);
    expect(code).toBe(2);
    expect(stderr).toContain('--dry-run');
  });
});
