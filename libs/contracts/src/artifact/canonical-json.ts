import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

import { ContractViolation } from '../errors/contract-violation.js';

/** A value that JSON can carry without loss. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue | undefined };

/**
 * The one text of a JSON value: keys sorted by UTF-16 code units at every depth, no white space,
 * members whose value is undefined left out. Two equal values always have the same text, so its
 * hash can name them.
 *
 * @throws ContractViolation for a number that JSON cannot carry (NaN, Infinity), a lone surrogate,
 * or a value that is no JSON (a function, a Date).
 */
export function canonicalJson(value: unknown): string {
  return serialize(value, '$');
}

/** Lower-case hexadecimal sha256 of the canonical JSON of a value: 64 characters. */
export function canonicalDigest(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));
}

function serialize(value: unknown, place: string): string {
  if (value === null || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) {
      throw new ContractViolation(`${place} is ${String(value)}, which JSON cannot carry`);
    }
    return JSON.stringify(value);
  }
  if (typeof value === 'string') {
    return quoted(value, place);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => serialize(item, `${place}[${String(index)}]`)).join(',')}]`;
  }
  if (typeof value === 'object' && isPlain(value)) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
      .map(([key, member]) => `${quoted(key, place)}:${serialize(member, `${place}.${key}`)}`);
    return `{${members.join(',')}}`;
  }
  throw new ContractViolation(`${place} is a ${typeof value} that JSON cannot carry`);
}

function quoted(text: string, place: string): string {
  if (!text.isWellFormed()) {
    throw new ContractViolation(`${place} holds a lone surrogate, which UTF-8 cannot carry`);
  }
  return JSON.stringify(text);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  // A workflow sandbox has its own Object: its plain objects are recognised by having no deeper parent.
  return typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null;
}
