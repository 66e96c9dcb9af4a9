import { runInNewContext } from 'node:vm';

import { describe, expect, it } from 'vitest';

import { ContractViolation } from '../errors/contract-violation.js';
import { canonicalDigest, canonicalJson } from './canonical-json.js';

describe('the one text of a value', () => {
  it.each<[string, unknown, string]>([
    ['sorts keys at every depth', { b: [{ z: 1, a: null }], a: true }, '{"a":true,"b":[{"a":null,"z":1}]}'],
    [
      'sorts by UTF-16 code units, not by alphabet',
      { é: 1, b: 2, B: 3, '10': 4, '9': 5 },
      '{"10":4,"9":5,"B":3,"b":2,"é":1}',
    ],
    ['keeps the order of lists', [3, 1, 2], '[3,1,2]'],
    ['has one zero', [0, -0], '[0,0]'],
    [
      'writes numbers as ECMAScript does',
      [1e21, 1e-7, 1.5, 100, 5e-324, 0.1 + 0.2],
      '[1e+21,1e-7,1.5,100,5e-324,0.30000000000000004]',
    ],
    ['escapes only what JSON must', 'é\u2028"\\\n\u0001😀', '"é\u2028\\"\\\\\\n\\u0001😀"'],
    ['leaves members out whose value is undefined', { a: undefined, b: { c: undefined } }, '{"b":{}}'],
    [
      'takes an object without a prototype',
      Object.assign(Object.create(null) as object, { a: 1 }),
      '{"a":1}',
    ],
    ['takes a key named __proto__ as a key', JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
  ])('%s', (_, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('is the same for a plain object of another realm, such as a workflow sandbox', () => {
    const foreign: unknown = runInNewContext('({ b: [{ y: 1 }], a: "x" })');
    expect(foreign).not.toBeInstanceOf(Object);
    expect(canonicalJson(foreign)).toBe('{"a":"x","b":[{"y":1}]}');
  });

  it.each<[string, unknown, string]>([
    ['NaN', { a: [1, NaN] }, '$.a[1] is NaN'],
    ['an infinity', -Infinity, '$ is -Infinity'],
    ['a lone surrogate in a text', { a: '\ud800x' }, '$.a holds a lone surrogate'],
    ['a lone surrogate in a key', { '\udc00': 1 }, '$ holds a lone surrogate'],
    ['a Date', { at: new Date(0) }, '$.at is a object'],
    ['a Map', new Map(), '$ is a object'],
    ['a function', { f: () => 1 }, '$.f is a function'],
    ['a big integer', { n: 1n }, '$.n is a bigint'],
    ['undefined in a list', [undefined], '$[0] is a undefined'],
    ['nothing at all', undefined, '$ is a undefined'],
  ])('refuses %s, naming the place', (_, value, message) => {
    expect(() => canonicalJson(value)).toThrow(ContractViolation);
    expect(() => canonicalJson(value)).toThrow(message);
  });
});

it('hashes the UTF-8 bytes of the text', () => {
  // printf '{"a":1,"é":2}' | sha256sum
  expect(canonicalDigest({ é: 2, a: 1 })).toBe(
    'f96066e9f22d30615d9efa4245a80d2b79a2bbeea3056c877757a5890d4916e0',
  );
});
