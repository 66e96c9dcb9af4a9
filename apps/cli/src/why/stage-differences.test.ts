import { expect, it } from 'vitest';

import { stageDifferences, type StageIdentity } from './stage-differences.js';

const stage: StageIdentity = {
  kind: 'distil',
  version: 2,
  parameters: { epochs: 2, adapter: { rank: 8 }, teachers: ['llama'], columns: null },
  inputs: { base: 'b1', 'logits-llama': 'l1' },
};

it('finds nothing between equal stages, whatever the order of their keys', () => {
  const { kind, version, parameters, inputs } = structuredClone(stage);
  expect(stageDifferences(stage, { inputs, parameters, version, kind })).toEqual([]);
});

it.each<[string, Partial<StageIdentity>, unknown[]]>([
  ['another version', { version: 3 }, [{ field: 'version', before: 2, after: 3 }]],
  ['another kind', { kind: 'train_teacher' }, [{ field: 'kind', before: 'distil', after: 'train_teacher' }]],
  [
    'a parameter far down and a list',
    { parameters: { epochs: 2, adapter: { rank: 16 }, teachers: [], columns: null } },
    [
      { field: 'parameters.adapter.rank', before: 8, after: 16 },
      { field: 'parameters.teachers', before: ['llama'], after: [] },
    ],
  ],
  [
    'a parameter that came and one that went',
    { parameters: { epochs: 2, adapter: { rank: 8, dropout: 0 }, teachers: ['llama'] } },
    [
      { field: 'parameters.adapter.dropout', before: undefined, after: 0 },
      { field: 'parameters.columns', before: null, after: undefined },
    ],
  ],
  [
    'another input and one that went',
    { inputs: { base: 'b2' } },
    [
      { field: 'inputs.base', before: 'b1', after: 'b2' },
      { field: 'inputs.logits-llama', before: 'l1', after: undefined },
    ],
  ],
])('names %s', (_, change, differences) => {
  expect(stageDifferences(stage, { ...stage, ...change })).toEqual(differences);
});
