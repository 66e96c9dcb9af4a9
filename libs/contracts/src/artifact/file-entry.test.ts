import { expect, it } from 'vitest';

import { fileEntrySchema } from './file-entry.js';

const accepts = (path: string) => fileEntrySchema.shape.path.safeParse(path).success;

it.each(['a', 'a/b.json', '.hidden', 'a..b/c', '..a'])('a file may stand at %s', (path) => {
  expect(accepts(path)).toBe(true);
});

it.each(['', '/etc/passwd', '..', '../a', 'a/../b', './a', 'a/.', 'a\\b', 'a\0b'])(
  'a file never stands at %j, outside the folder of its artifact or on one system only',
  (path) => {
    expect(accepts(path)).toBe(false);
  },
);
