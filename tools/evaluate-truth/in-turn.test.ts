import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';

import { inTurn } from './in-turn.mjs';

it('works on no more items at once than allowed, and answers in their order', async () => {
  let working = 0;
  let most = 0;
  const results = await inTurn(2, [30, 5, 10, 1], async (milliseconds) => {
    working += 1;
    most = Math.max(most, working);
    await pause(milliseconds);
    working -= 1;
    return milliseconds;
  });
  expect(results).toEqual([30, 5, 10, 1]);
  expect(most).toBe(2);
});
