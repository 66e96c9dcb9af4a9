import { describe, expect, it } from 'vitest';

import { NearDuplicates } from './near-duplicates.js';

const sentence = (seed: string, words: number) =>
  Array.from({ length: words }, (_, index) => `${seed}${index}`).join(' ');

async function grouped(prompts: Readonly<Record<string, string>>, rowsEach = 1) {
  const near = new NearDuplicates();
  for (const [name, text] of Object.entries(prompts)) {
    for (let row = 0; row < rowsEach; row += 1) near.add(name, [text]);
  }
  return { near, groups: await near.groups() };
}

describe('near-duplicate prompts', () => {
  it('are those that differ in case, punctuation, one word of many or a greeting', async () => {
    const text = sentence('word', 30);
    const { groups } = await grouped({
      b: text,
      c: text.toUpperCase(),
      d: `${text.replaceAll(' ', ', ')}!`,
      e: text.replace('word7 ', ''),
      f: `Hello there, please: ${text}`,
      a: text.replace('word12', 'other'),
      z: sentence('unlike', 30),
    });
    expect(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => groups.of(name))).toEqual(Array(6).fill('a'));
    expect(groups.of('z')).toBe('z');
    expect(groups.prompts).toBe(6);
  });

  it('are measured by the runs of three words that both have, each weighed by how few prompts have it', async () => {
    const weight = (prompts: number) => Math.log(1 + 10_000 / prompts) ** 2;
    // 10 words have 8 runs; another last word leaves 7 of them and adds one.
    const { near, groups } = await grouped({ a: sentence('w', 10), b: sentence('w', 9) + ' x' });
    const shared = 7 * weight(2);
    expect(near.similarity('a', 'b')).toBeCloseTo(shared / (shared + 2 * weight(1)), 12);
    expect(groups.of('b')).toBe('a');
    // Another word in the middle leaves 5 of 8 and adds three: too few.
    const middle = await grouped({ a: sentence('w', 10), b: sentence('w', 10).replace('w5', 'x') });
    const fewer = 5 * weight(2);
    expect(middle.near.similarity('a', 'b')).toBeCloseTo(fewer / (fewer + 6 * weight(1)), 12);
    expect(middle.groups.of('b')).toBe('b');
  });

  it('are not those that open with a phrase of many and then differ', async () => {
    const opening = 'please write an email to my manager about';
    const near = new NearDuplicates();
    for (let row = 0; row < 600; row += 1)
      near.add(`opening ${row}`, [`${opening} ${sentence(`s${row}w`, 60)}`]);
    for (let row = 0; row < 30; row += 1) near.add(`short ${row}`, [`${opening} w${row}`]);
    const groups = await near.groups();
    expect(groups.prompts).toBe(0);
    expect(groups.split).toEqual([]);
  });

  it('have at least eight words, a character of a script without spaces counting as one', async () => {
    const { groups } = await grouped({
      a: sentence('w', 7),
      b: `${sentence('w', 7)}!`,
      c: '请写一首关于秋天的短诗',
      d: '请写一首关于秋天的短诗。',
    });
    expect(['a', 'b', 'c', 'd'].map((name) => groups.of(name))).toEqual(['a', 'b', 'c', 'c']);
  });

  it('belong together by way of others', async () => {
    const text = sentence('w', 40);
    const steps = [0, 1, 2, 3, 4].map((step) =>
      text
        .split(' ')
        .slice(step * 5, step * 5 + 35)
        .join(' '),
    );
    const { near, groups } = await grouped({
      a: steps[0] ?? '',
      b: steps[1] ?? '',
      c: (steps[2] ?? '').trim(),
    });
    expect(near.similarity('a', 'c')).toBeLessThan(0.6);
    expect(groups.of('c')).toBe('a');
  });

  it('stand for themselves when there are more than 1 % of the rows, and more than 20', async () => {
    const text = sentence('w', 40);
    const variants = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`p${10 + index}`, `${text} end${index}`]),
      );
    const small = await grouped(variants(20));
    expect(small.groups.prompts).toBe(20);
    const large = await grouped(variants(21));
    expect(large.groups.prompts).toBe(0);
    expect(large.groups.of('p15')).toBe('p15');
    expect(large.groups.split).toEqual([{ rows: 21, prompts: 21, prompt_group: 'p10' }]);
    const rows = await grouped(variants(4), 6);
    expect(rows.groups.split).toEqual([{ rows: 24, prompts: 4, prompt_group: 'p10' }]);
  });

  it('are the same whatever the order of the rows', async () => {
    const text = sentence('w', 30);
    const prompts = Object.entries({ b: text, a: `${text} x`, c: sentence('v', 30), d: `y ${text}` });
    const forth = await grouped(Object.fromEntries(prompts));
    const back = await grouped(Object.fromEntries(prompts.toReversed()));
    for (const [name] of prompts) expect(back.groups.of(name)).toBe(forth.groups.of(name));
  });

  it('are not looked for any longer once it is aborted', async () => {
    const stopped = new AbortController();
    const near = new NearDuplicates(stopped.signal);
    for (let row = 0; row < 4000; row += 1) near.add(`p${row}`, [sentence(`s${row}w`, 60)]);
    const groups = near.groups();
    setImmediate(() => stopped.abort(new Error('enough')));
    await expect(groups).rejects.toThrow('enough');
  });
});
