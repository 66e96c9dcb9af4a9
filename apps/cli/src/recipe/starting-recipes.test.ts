import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { columnsSchema, resolveRecipe, sourceSchema } from '@nacre/contracts/recipe';
import { dryRun } from '@nacre/stages';
import { describe, expect, it } from 'vitest';

import { readRecipe } from './recipe-file.js';

const folder = join(import.meta.dirname, '../../../../recipes/start');
const stagesOf = async (name: string) =>
  dryRun(resolveRecipe(await readRecipe(join(folder, `${name}.yaml`), [])), (uri) => ({
    uri,
    etag: 'e',
    size: 1,
    version_id: null,
  }));

describe('a recipe to start from', () => {
  it.each(['demo', 'columns'])('%s runs as it is, to the submission', async (name) => {
    const stages = await stagesOf(name);
    expect(stages.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['train_teacher', 'distil', 'merge', 'quantize', 'submit']),
    );
  });

  it.each(['demo', 'columns'])('%s stands alone: it is copied out of this repository', (name) => {
    expect(readFileSync(join(folder, `${name}.yaml`), 'utf8')).not.toMatch(/^extends:/m);
  });

  it('columns shows every key that a source with columns can have', async () => {
    const { data } = await readRecipe(join(folder, 'columns.yaml'), []);
    const train = (data as Record<string, Record<string, object>>)['train'] ?? {};
    // What `ids` says of other formats `columns.id` says of this one.
    const keys = Object.keys(sourceSchema.shape).filter((key) => !['synthetic', 'ids'].includes(key));
    expect(Object.keys(train).sort()).toEqual(keys.sort());
    expect(Object.keys(train['columns'] ?? {}).sort()).toEqual(Object.keys(columnsSchema.shape).sort());
  });
});
