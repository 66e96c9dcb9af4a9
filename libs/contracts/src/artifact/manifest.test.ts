import { describe, expect, it } from 'vitest';

import type { FileEntry } from './file-entry.js';
import { contentId } from './manifest.js';

const file = (path: string, changes: Partial<FileEntry> = {}): FileEntry => ({
  path,
  sha256: 'a'.repeat(64),
  size: 3,
  leaves: ['a'.repeat(64)],
  media_type: 'text/plain',
  ...changes,
});

describe('the content id', () => {
  it('is the sha256 of canonical {kind, files: [{path, sha256, size}]}', () => {
    // printf '{"files":[{"path":"a/b.txt","sha256":"aaaa…","size":3}],"kind":"merge"}' | sha256sum
    expect(contentId('merge', [file('a/b.txt')])).toBe(
      'cb3620e19eb40f8634ad2720363aadd0ad2f2601aef190bc4b8dd796905c0bf9',
    );
  });

  it('does not depend on the order of the files, their leaves or media types', () => {
    const files = [file('a'), file('b', { size: 4 })];
    const others = [file('b', { size: 4, leaves: [], media_type: 'x/y' }), file('a')];
    expect(contentId('merge', others)).toBe(contentId('merge', files));
  });

  it.each<[string, string, FileEntry]>([
    ['the kind', 'quantize', file('a')],
    ['a path', 'merge', file('b')],
    ['a digest', 'merge', file('a', { sha256: 'b'.repeat(64) })],
    ['a size', 'merge', file('a', { size: 4 })],
  ])('changes with %s', (_, kind, changed) => {
    expect(contentId(kind, [changed])).not.toBe(contentId('merge', [file('a')]));
  });
});
