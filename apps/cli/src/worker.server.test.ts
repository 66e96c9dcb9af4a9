import { expect, it } from 'vitest';

import { nacreHere } from './testing/nacre-here.js';
import { nacre } from './testing/nacre-process.js';
import { ownServers } from './testing/own-servers.js';
import { temporaryFolder } from './temporary-folder.fixture.js';

const servers = ownServers();

it('a worker says what it polls and where, and ends in order with 0 when it is told to', async () => {
  const { code, stdout } = await nacre(['worker', '--role', 'data,gpu', '--pool', 'a', '--pool', 'b'], {
    folder: temporaryFolder(),
    environment: { ...servers().environment, NACRE_WARM_PARENT: 'off' },
    interruptAt: /polls/,
  });
  const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE } = servers().environment;
  expect(stdout).toBe(
    `worker: polls nacre-data, nacre-gpu-a, nacre-gpu-b of ${String(TEMPORAL_ADDRESS)}, namespace ${String(TEMPORAL_NAMESPACE)}\n`,
  );
  expect(code).toBe(0);
});

it('a worker without a store to work on does not begin', async () => {
  const { code, stdout, stderr } = await nacre(['worker', '--role', 'data'], {
    folder: temporaryFolder({ '.nacre/.keep': '' }),
    environment: { ...servers().environment, NACRE_S3_BUCKET: '' },
  });
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  expect(stderr).toMatch(/^nacre: No artifact store is configured: set NACRE_S3_BUCKET/);
});

it.each([
  ['--gpus', '3-1', '--gpus 3-1: ids and ranges'],
  ['--concurrency', '0', '--concurrency: a whole number above 0'],
])('a worker with %s %s does not begin', async (option, value, words) => {
  const { code, stderr } = await nacreHere(['worker', option, value]);
  expect(code).toBe(2);
  expect(stderr).toContain(words);
});
