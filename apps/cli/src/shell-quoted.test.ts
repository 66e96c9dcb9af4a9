import { execFileSync } from 'node:child_process';

import { expect, it } from 'vitest';

import { shellQuoted } from './shell-quoted.js';

it.each(['plain/path-1.json', 'with space', "it's", '$HOME `id` "x"', '', 'a\nb', '~'])(
  'a shell reads %j back',
  (word) => {
    expect(execFileSync('/bin/sh', ['-c', `printf %s ${shellQuoted(word)}`], { encoding: 'utf8' })).toBe(
      word,
    );
  },
);
