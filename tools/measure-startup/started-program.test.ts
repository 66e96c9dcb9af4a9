import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { StartedProgram } from './started-program.mjs';
import { Workplace } from './workplace.mjs';

let workplace: Workplace;
beforeEach(async () => {
  vi.stubEnv('TEMPORAL_ADDRESS', 'temporal.example:7233');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'of the user');
  vi.stubEnv('NACRE_S3_BUCKET', 'of-the-user');
  workplace = await Workplace.open();
});
afterEach(() => workplace.close());

async function started(source: string, signal = new AbortController().signal): Promise<StartedProgram> {
  const program = join(workplace.folder, 'program.mjs');
  await writeFile(program, source);
  return new StartedProgram(workplace, program, ['word'], signal);
}

describe('a program in a workplace', () => {
  it('does not learn of the servers that the user has named', async () => {
    const program = await started(
      `console.log(JSON.stringify({ type: 'servers', workflow_id: Object.keys(process.env)
        .filter((name) => /^(TEMPORAL_|AWS_ACCESS|NACRE_S3_)/.test(name)).join() }));`,
    );
    expect(await program.event('servers')).toMatchObject({ workflow_id: '' });
    await program.succeeded();
  });

  it('works in the folder of the workplace', async () => {
    const program = await started(
      `console.log(JSON.stringify({ type: 'folder', workflow_id: process.cwd() }));`,
    );
    expect((await program.event('folder')).workflow_id).toBe(workplace.folder);
  });

  it('is timed from its start to an event and to its end', async () => {
    const program = await started(
      `console.log(JSON.stringify({ type: 'begun' })); setTimeout(() => console.log('{"type":"done"}'), 200);`,
    );
    const [begun, done] = [await program.event('begun'), await program.event('done')];
    expect(begun.at).toBeGreaterThanOrEqual(program.startedAt);
    expect(done.at - begun.at).toBeGreaterThanOrEqual(150);
    expect(await program.succeeded()).toBeGreaterThanOrEqual((done.at - program.startedAt) / 1000);
  });

  it('ends by SIGTERM when it is stopped', async () => {
    const program = await started(
      `process.once('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); console.log('{"type":"begun"}');`,
    );
    await program.event('begun');
    await program.stop();
    await expect(program.succeeded()).resolves.toBeGreaterThan(0);
  });

  it('is told once to end, however many want it, and may put its things in order', async () => {
    const aborted = new AbortController();
    const program = await started(
      `process.once('SIGTERM', () => setTimeout(() => process.exit(0), 300)).once('SIGTERM', () => console.log('{"type":"told"}'));
       setInterval(() => {}, 1000); console.log('{"type":"begun"}');`,
      aborted.signal,
    );
    await program.event('begun');
    aborted.abort();
    await program.event('told');
    await program.stop();
    await expect(program.succeeded()).resolves.toBeGreaterThan(0);
  });

  it('fails in its own words, also for who waits for an event', async () => {
    const program = await started(`console.error('no disk left'); process.exit(1);`);
    await expect(program.event('done')).rejects.toThrow(/ended without done:\nno disk left/);
    await expect(program.succeeded()).rejects.toThrow(/ended with 1:\nno disk left/);
  });
});
