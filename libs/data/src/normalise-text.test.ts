import { describe, expect, it } from 'vitest';

import { normaliseText, pairOf, promptGroup } from './normalise-text.js';

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
    expect(pairOf(promptGroup(['Hello', null]), [['x'], ['y']]).group).toBe(
      '5242a932be0be40077fedd2444e8859c77e448feee684b0dad935abbb50c9a78',
    );
  });
});

describe('the group of a pair', () => {
  const prompt = promptGroup(['p']);
  it('does not depend on which answer stands first', () => {
    expect(pairOf(prompt, [['x'], ['y']]).group).toBe(pairOf(prompt, [['Y'], ['x ']]).group);
  });

  it('says whether two pairs have the same answer first', () => {
    const turned = pairOf(prompt, [['x'], ['y']]).turned;
    expect(pairOf(prompt, [['X '], ['y']]).turned).toBe(turned);
    expect(pairOf(prompt, [['y'], ['x']]).turned).toBe(!turned);
  });

  it('depends on the prompt and on both answers', () => {
    const groups = [
      pairOf(prompt, [['x'], ['y']]).group,
      pairOf(prompt, [['x'], ['z']]).group,
      pairOf(prompt, [['x'], ['x']]).group,
      pairOf(promptGroup(['q']), [['x'], ['y']]).group,
    ];
    expect(new Set(groups).size).toBe(groups.length);
  });
});
