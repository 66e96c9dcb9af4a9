import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findLocalStack, stopLocalStack, type ServerName } from '@nacre/local-stack';
import { expect, test } from 'vitest';

import { livingProcesses } from './support/living-processes.js';
import { StartedDemo } from './support/started-demo.js';
import { until } from './support/until.js';
import { root, Workplace } from './support/workplace.js';

/** A Python whose tasks begin, wait until a file is there, and crash. */
function waitingPython(folder: string): string {
  const program = join(folder, 'python');
  const text = `#!/bin/sh\ntouch ${folder}/asked\nwhile [ ! -e ${folder}/go ]; do sleep 0.1; done\nexit 1\n`;
  writeFileSync(program, text, { mode: 0o755 });
  return program;
}

test('worker and servers of a demo that die are started again; held without a terminal, the run is aborted and the demo ends with 1', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nacre-demo-'));
  const stateFolder = join(folder, '.nacre');
  mkdirSync(stateFolder);
  const binaries = join(root, '.venv/bin');
  const demo = new StartedDemo(folder, {
    PATH: process.env['PATH'],
    NACRE_PYTHON: waitingPython(folder),
    NACRE_WARM_PARENT: 'off',
    NACRE_WORK_FOLDER: stateFolder,
    NACRE_TEMPORAL_CLI: process.env['NACRE_TEMPORAL_CLI'] ?? join(binaries, 'temporal'),
    NACRE_WEED: process.env['NACRE_WEED'] ?? join(binaries, 'weed'),
  });
  try {
    await until('a Python task has begun', () => existsSync(join(folder, 'asked')));

    process.kill(await demo.worker(), 'SIGKILL');
    await demo.untilSaid('the worker ended (SIGKILL) and is started again (1 of 5)');
    for (const server of ['s3', 'temporal'] satisfies ServerName[]) {
      const stack = await findLocalStack(stateFolder);
      process.kill(-(stack?.pids[server] ?? 0), 'SIGKILL');
      const name = { s3: 'S3', temporal: 'Temporal' }[server];
      await demo.untilSaid(`the ${name} server had died and was started again`);
    }

    writeFileSync(join(folder, 'go'), '');
    expect(await demo.ended(), demo.said).toBe(1);
    expect(demo.said).toMatch(/^run demo-\w+ is held and waits for you/m);
    expect(demo.said).toMatch(
      /^run demo-\w+ failed\nbase\/\S+: aborted by a person after TrainerCrashed: the task ended without a word$/m,
    );
    expect(demo.said).toContain('The servers are stopped; `npx nacre dev` shows the history of the run.');
    expect(livingProcesses(folder)).toEqual([]);
  } finally {
    writeFileSync(join(folder, 'go'), '');
    await demo.stop();
    await stopLocalStack(stateFolder);
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a worker that dies for the sixth time is not started again: the demo ends with 1 and says where its log is', async () => {
  const place = await Workplace.open('dying-worker');
  const demo = new StartedDemo(place.folder, place.environment);
  try {
    for (let death = 1; death <= 5; death += 1) {
      process.kill(await demo.worker(), 'SIGKILL');
      await demo.untilSaid(`the worker ended (SIGKILL) and is started again (${String(death)} of 5)`);
    }
    process.kill(await demo.worker(), 'SIGKILL');
    expect(await demo.ended(), demo.said).toBe(1);
    expect(demo.said).toContain(
      `the worker ended again (SIGKILL); see ${place.folder}/.nacre/logs/worker.log`,
    );
    expect(demo.said).toContain(
      'nacre: the worker died too often to be started again; see the logs in .nacre',
    );
    expect(livingProcesses(place.folder)).toEqual([]);
  } finally {
    await demo.stop();
    await place.close();
  }
});
