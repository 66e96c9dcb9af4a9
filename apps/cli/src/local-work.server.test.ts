import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { resolveRecipe } from '@nacre/contracts/recipe';
import { describe, expect, it } from 'vitest';

import { leastRecipeText } from './testing/least-recipe.js';
import { nacreHere } from './testing/nacre-here.js';
import { eventsOf, nacre } from './testing/nacre-process.js';
import { ownServers } from './testing/own-servers.js';
import { temporaryFolder } from './temporary-folder.fixture.js';

const repository = resolve(import.meta.dirname, '../../..');

describe('resolve', () => {
  const servers = ownServers();

  it('prints what a workflow accepts, local files uploaded and named by their bytes', async () => {
    const folder = temporaryFolder({ 'recipe.yaml': leastRecipeText, 'more.csv': 'id\n' });
    const words = [
      'resolve',
      join(folder, 'recipe.yaml'),
      '--set',
      `data.extra.path=${join(folder, 'more.csv')}`,
    ];
    const { code, stdout, stderr } = await nacreHere(words, servers().environment);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const recipe: unknown = JSON.parse(stdout);
    expect(resolveRecipe(recipe)).toEqual(recipe);
    // printf 'id\n' | sha256sum
    expect(recipe).toMatchObject({
      data: {
        extra: { path: 'cas://sha256/984a644ec3b56d32b0404777e1eb73390c4b0742a6a0e183f07861056b6746de' },
      },
    });
    const lines = await nacreHere(['--json', ...words], servers().environment);
    expect(lines.stdout.trim().split('\n')).toHaveLength(1);
  });
});

describe('init', () => {
  it('writes a commented recipe that resolves, says what the data files are, and overwrites nothing', async () => {
    const folder = temporaryFolder({
      'train.csv': 'id,prompt,response_a,response_b\n',
      'mine.jsonl': '{"q":1}\n',
    });
    const { code, stdout } = await nacreHere(['init', folder, '--from', 'columns']);
    const written = join(folder, 'recipe.yaml');
    expect({ code, lines: stdout.split('\n') }).toEqual({
      code: 0,
      lines: [
        written,
        'mine.jsonl: format: columns; it has q',
        'train.csv: format: arena_csv (the columns of the competition)',
        '',
      ],
    });
    const schema = /^# yaml-language-server: \$schema=(.+)$/m.exec(readFileSync(written, 'utf8'))?.[1] ?? '';
    expect(existsSync(schema)).toBe(true);
    const again = await nacreHere(['init', folder]);
    expect(again).toMatchObject({
      code: 2,
      stderr: `nacre: ${written} is there already; init overwrites nothing\n`,
    });
  });

  it('makes the folder', async () => {
    const folder = join(temporaryFolder(), 'a', 'b');
    expect(await nacreHere(['init', folder])).toMatchObject({
      code: 0,
      stdout: `${join(folder, 'recipe.yaml')}\n`,
    });
  });
});

describe('dev', () => {
  it('starts servers that another command of the folder finds, without a terminal, and stops them', async () => {
    const folder = temporaryFolder({ '.nacre/.keep': '' });
    const bin = join(repository, '.venv', 'bin');
    const environment = { NACRE_TEMPORAL_CLI: join(bin, 'temporal'), NACRE_WEED: join(bin, 'weed') };
    try {
      const started = await nacre(['dev', '--json'], { folder, environment });
      expect(started.code).toBe(0);
      expect(eventsOf(started)).toMatchObject([
        { type: 'dev', temporal: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as unknown },
      ]);
      const again = await nacre(['dev'], { folder, environment });
      expect(again.stdout).toMatch(/^export TEMPORAL_ADDRESS='127\.0\.0\.1:\d+'$/m);
      expect(again.stderr, 'secrets are only in the exports').not.toMatch(/SECRET/);
      expect(await nacre(['runs', '--json'], { folder, environment })).toMatchObject({ code: 0, stdout: '' });
    } finally {
      const stopped = await nacre(['dev', 'stop'], { folder, environment });
      expect(stopped).toMatchObject({ code: 0, stdout: 'stopped: temporal, s3\n' });
    }
    expect((await nacre(['dev', 'stop'], { folder, environment })).stdout).toBe(
      'no embedded servers were running\n',
    );
  });
});
