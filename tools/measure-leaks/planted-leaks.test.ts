import { describe, expect, it } from 'vitest';

import { gateMarkdown, recallMarkdown } from './leaks-markdown.mjs';
import { plantedGate } from './planted-gate.mjs';
import { plantedRecall } from './planted-recall.mjs';

describe('planted leaks', () => {
  it('are found wherever the same pair stands, in either order, and the gate stops when it is told to', async () => {
    const found = await plantedGate({ train: 2000, extra: 800, ut: 2000, test: 600 }, 40, 1);
    expect(found.planted[1]).toBeGreaterThan(30);
    expect(found.red).toEqual(found.planted);
    expect(found.stoppedAfter).toBeLessThan(1000);
    expect(gateMarkdown(found)).toContain('40 of 40 in train');
  });

  it('are found by edit, the more words the surer, and little else is taken for a copy', async () => {
    const found = await plantedRecall({ copies: 25, others: 5000, seed: 1 });
    // By length: 8 to 15, 16 to 31, 32 to 63, 64 to 255 words. docs/data.md has the shares of many more copies.
    const floors = {
      case: [1, 1, 1, 1],
      punctuation: [1, 1, 1, 1],
      prefix: [0.8, 1, 1, 1],
      word_drop: [0.2, 0.85, 1, 1],
      reorder: [0, 0.5, 0.95, 1],
      synonym: [0.1, 0.75, 0.95, 1],
    };
    for (const [family, shares] of Object.entries(floors)) {
      for (const [length, floor] of shares.entries()) {
        const share = found.recall[family as keyof typeof floors][length];
        expect(share, `${family}, length ${length}`).toBeGreaterThanOrEqual(floor);
      }
    }
    expect(found.found).toBeGreaterThan(300);
    expect(found.precision).toBeGreaterThanOrEqual(0.99);
    expect(recallMarkdown(found)).toMatch(/\| reorder \| .* \| 100\.0 % \|/);
  });
});
