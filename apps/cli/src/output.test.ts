import { describe, expect, it, vi } from 'vitest';

import { Output, textTable } from './output.js';

/** What reaches stdout and stderr meanwhile. */
function written(work: () => void): { stdout: string; stderr: string } {
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  work();
  const texts = [stdout, stderr].map((spy) => spy.mock.calls.map(([text]) => String(text)).join(''));
  return { stdout: texts[0] ?? '', stderr: texts[1] ?? '' };
}

describe('output', () => {
  it('is text on stdout, and nothing for an event without text', () => {
    const output = new Output(false);
    expect(
      written(() => {
        output.event({ type: 'a', x: 1 }, 'words');
        output.event({ type: 'b' });
      }),
    ).toEqual({ stdout: 'words\n', stderr: '' });
  });

  it('is JSON lines with --json, whatever the text', () => {
    const output = new Output(true);
    expect(written(() => output.event({ type: 'a', x: 'two\nlines' }, 'words')).stdout).toBe(
      '{"type":"a","x":"two\\nlines"}\n',
    );
  });

  it.each([true, false])('keeps messages off stdout (json: %s)', (json) => {
    expect(written(() => new Output(json).message('words'))).toEqual({ stdout: '', stderr: 'words\n' });
  });

  it.each([
    ['a terminal', true, {}, true],
    ['no terminal', false, {}, false],
    ['NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR', true, { NO_COLOR: '' }, true],
    ['CI', true, { CI: 'true' }, false],
    ['a terminal that cannot move', true, { TERM: 'dumb' }, false],
  ])('redraws only where a person watches: %s', (_, terminal, environment, live) => {
    for (const name of ['NO_COLOR', 'CI', 'TERM']) vi.stubEnv(name, undefined);
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const before = process.stdout.isTTY;
    try {
      process.stdout.isTTY = terminal;
      expect(new Output(false).live).toBe(live);
      expect(new Output(true).live).toBe(false);
    } finally {
      process.stdout.isTTY = before;
    }
  });
});

describe('a table', () => {
  it('pads to the widest cell, aligns numbers right and ends no line with blanks', () => {
    const rows = [
      ['NAME', 'BYTES', 'NOTE'],
      ['a', '12345678', ''],
      ['longer', '1', 'x'],
    ];
    expect(textTable(rows, new Set([1])).split('\n')).toEqual([
      'NAME       BYTES  NOTE',
      'a       12345678',
      'longer         1  x',
    ]);
  });

  it('of nothing is nothing', () => {
    expect(textTable([])).toBe('');
  });
});
