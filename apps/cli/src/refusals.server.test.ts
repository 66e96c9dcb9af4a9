import { createServer } from 'node:net';
import { join } from 'node:path';

import { leastRecipeText } from './testing/least-recipe.js';
import { nacreHere } from './testing/nacre-here.js';
import { nacre } from './testing/nacre-process.js';
import { ownServers } from './testing/own-servers.js';
import { temporaryFolder } from './temporary-folder.fixture.js';
import { describe, expect, it } from 'vitest';

const servers = ownServers();

/** A port where nobody listens: it was free a moment ago. */
function deadPort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}

const runs = async () => (await servers().temporal.client.workflow.count()).count;

describe('what cannot be reached ends with 4 and a sentence, and nothing is started', () => {
  it('nobody at the Temporal address, in less than 6 s', async () => {
    const folder = temporaryFolder({ 'recipe.yaml': leastRecipeText });
    const address = `127.0.0.1:${await deadPort()}`;
    const environment = { ...servers().environment, TEMPORAL_ADDRESS: address };
    const { code, stdout, stderr, seconds } = await nacre(['start', 'recipe.yaml'], { folder, environment });
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(`^nacre: No Temporal server can be used at ${address}: nobody listens there\\. [^\\n]+\\n$`),
    );
    expect(seconds).toBeLessThan(6);
  });

  it('a refusing S3 endpoint, also for a recipe without files', async () => {
    const folder = temporaryFolder({ 'recipe.yaml': leastRecipeText });
    const endpoint = `http://127.0.0.1:${await deadPort()}`;
    const environment = { ...servers().environment, NACRE_S3_ENDPOINT: endpoint };
    const { code, stdout, stderr } = await nacre(['start', 'recipe.yaml'], { folder, environment });
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^nacre: The artifact store at \S+ cannot be reached \(ECONNREFUSED\): [^\n]+\n$/);
    expect(stderr).toContain(endpoint);
    expect(stderr).not.toContain(String(servers().environment['AWS_SECRET_ACCESS_KEY']));
    expect(await runs()).toBe(0);
  });

  it('neither server named nor running: the remedy is named', async () => {
    const folder = temporaryFolder({ 'recipe.yaml': leastRecipeText, '.nacre/.keep': '' });
    const environment = {
      TEMPORAL_CONFIG_FILE: '/absent.toml',
      TEMPORAL_ADDRESS: `127.0.0.1:${await deadPort()}`,
    };
    const { code, stderr } = await nacre(['runs'], { folder, environment });
    expect(code).toBe(4);
    expect(stderr).toContain('npx nacre dev');
  });
});

describe('a recipe that cannot be obeyed ends with 2, and nothing is started', () => {
  it.each<[string, Record<string, string>, readonly string[], string]>([
    [
      'an unknown key',
      { 'recipe.yaml': `${leastRecipeText}\nbudget: 3` },
      [],
      'nacre: budget: unknown key; docs/recipe.md lists those of this version\n',
    ],
    [
      'a wrong type and one fold',
      { 'recipe.yaml': leastRecipeText },
      ['--set', 'student.epochs=two', '--folds', '1'],
      'nacre: folds.count: at least 2 folds: with one there is nothing to hold out\nstudent.epochs: expected number, received string\n',
    ],
    [
      'stages that the recipe does not have',
      { 'recipe.yaml': leastRecipeText },
      ['--until', 'marge', '--rerun', 'folds', '--rerun', 'student/fold-9'],
      'nacre: run.until: no stage marge; near: merge, measure, folds\nrun.cache.off: no stage student/fold-9; near: student/fold-0, student/fold-1, folds\n',
    ],
    [
      'a local file that is not there',
      { 'recipe.yaml': leastRecipeText },
      ['--set', 'data.extra.path=gone.csv'],
      'nacre: data.extra.path: no file gone.csv; correct the path, or remove the source\n',
    ],
  ])('%s', async (_, files, words, sentence) => {
    const folder = temporaryFolder(files);
    const line = ['start', join(folder, 'recipe.yaml'), ...words];
    const { code, stdout, stderr } = await nacreHere(line, servers().environment);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: sentence });
    expect(await runs()).toBe(0);
  });
});
