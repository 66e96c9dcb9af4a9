import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import { concurrently } from './concurrently.js';

describe('doing work side by side', () => {
  it('answers in order and never does more at once than the limit', async () => {
    let running = 0;
    let most = 0;
    const results = await concurrently([5, 4, 3, 2, 1], 2, async (item) => {
      most = Math.max(most, (running += 1));
      await sleep(item);
      running -= 1;
      return item * 10;
    });
    expect(results).toEqual([50, 40, 30, 20, 10]);
    expect(most).toBe(2);
  });

  it('begins nothing new after a failure and waits for what is under way', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const work = concurrently([0, 1, 2, 3], 2, async (item) => {
      begun.push(item);
      if (item === 0) throw new Error('first');
      await sleep(10);
      ended.push(item);
    });
    await expect(work).rejects.toThrow('first');
    expect(begun).toEqual([0, 1]);
    expect(ended).toEqual([1]);
  });
});
