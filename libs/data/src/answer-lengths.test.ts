import { join } from 'node:path';

import { comparisonColumns } from '@nacre/contracts/tables';
import { expect, it } from 'vitest';

import { answerLengths } from './answer-lengths.js';
import { temporaryFolder } from './temporary-folder.fixture.js';
import { writeTable } from './write-table.js';

it('counts the characters of all turns of each answer, a null turn as none', async () => {
  const folder = await temporaryFolder();
  const row = (
    id: string,
    response_a: readonly (string | null)[],
    response_b: readonly (string | null)[],
  ) => ({
    ...{ example_id: id, id, source: 'train', model_a: null, model_b: null, prompt: ['p'], label: 'tie' },
    ...{ response_a, response_b, prompt_group: 'g', pair_group: id },
  });
  await writeTable(join(folder, 'comparisons.parquet'), comparisonColumns, [
    row('train:1', ['four', 'é💡x'], ['']),
    row('train:2', [null], [null, 'ab']),
  ]);
  expect([...(await answerLengths(folder))]).toEqual([
    ['train:1', { response_a: 7, response_b: 0 }],
    ['train:2', { response_a: 0, response_b: 2 }],
  ]);
  await expect(answerLengths(join(folder, 'elsewhere'))).rejects.toThrow(
    /cannot be read as prepared comparisons/,
  );
});
