import { describe, expect, it } from 'vitest';

import { normaliseText, pairGroup, promptGroup } from './normalise-text.js';

describe('normalised text', () => {
  it('ignores case, width and the kind and length of white space', () => {
    expect(normaliseText('  Ｈello\u00a0\n\tWORLD ﬁ ')).toBe('hello world fi');
  });

  it('keeps what tells texts apart', () => {
    expect(normaliseText('a-b')).not.toBe(normaliseText('ab'));
  });
});

describe('the group of a prompt', () => {
  it('is the same for turns that differ in white space alone, at inner boundaries too', () => {
    expect(promptGroup(['one ', ' Two'])).toBe(promptGroup(['ONE', 'two']));
  });

  it('knows where a turn ends, and null from the text null', () => {
    const groups = [['a b'], ['a', 'b'], ['a', ' ', 'b'], [null], ['null'], ['']].map(promptGroup);
    expect(new Set(groups).size).toBe(groups.length);
  });

  it('never changes: stored folds and leak reports compare by it', () => {
    expect(promptGroup(['Hello', null])).toBe(
      '5b17680ecd8baddf38c54a140d194af4e0d8931b40f6eaa7d1850cbeaa5bf924',
    );
    expect(pairGroup(promptGroup(['Hello', null]), [['x'], ['y']])).toBe(
      '5242a932be0be40077fedd2444e8859c77e448feee684b0dad935abbb50c9a78',
    );
  });
});

describe('the group of a pair', () => {
  const prompt = promptGroup(['p']);
  it('does not depend on which answer stands first', () => {
    expect(pairGroup(prompt, [['x'], ['y']])).toBe(pairGroup(prompt, [['Y'], ['x ']]));
  });

  it('depends on the prompt and on both answers', () => {
    const groups = [
      pairGroup(prompt, [['x'], ['y']]),
      pairGroup(prompt, [['x'], ['z']]),
      pairGroup(prompt, [['x'], ['x']]),
      pairGroup(promptGroup(['q']), [['x'], ['y']]),
    ];
    expect(new Set(groups).size).toBe(groups.length);
  });
});
