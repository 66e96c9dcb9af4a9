import { describe, expect, it } from 'vitest';

import { stageKey } from './stage-key.js';

const identity = {
  kind: 'merge',
  version: 1,
  parameters: { method: 'product_mean' },
  inputs: { 'adapter-0': 'a'.repeat(64) },
};

describe('a stage key', () => {
  it('is the sha256 of canonical JSON, so the order of keys does not matter', () => {
    const { inputs, kind, parameters, version } = identity;
    expect(stageKey({ inputs, parameters, version, kind })).toBe(stageKey(identity));
    expect(stageKey(identity)).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['the kind', { ...identity, kind: 'distil' }],
    ['the version', { ...identity, version: 2 }],
    ['a parameter', { ...identity, parameters: { method: 'factor_mean' } }],
    ['the content of an input', { ...identity, inputs: { 'adapter-0': 'b'.repeat(64) } }],
    ['the name of an input', { ...identity, inputs: { 'adapter-1': 'a'.repeat(64) } }],
  ])('changes with %s', (_, other) => {
    expect(stageKey(other)).not.toBe(stageKey(identity));
  });
});
