import { expect, it } from 'vitest';

import { ArenaRandom } from './arena/random.js';
import { bandKeys, BANDS } from './min-hash.js';

it('two sets agree in a band with a probability of their Jaccard similarity to the fourth power', () => {
  const random = new ArenaRandom(1, 0, 0);
  const draw = (count: number) => Array.from({ length: count }, () => random.word());
  for (const [shared, apart] of [
    [90, 5],
    [70, 15],
    [50, 25],
  ] as const) {
    let agreed = 0;
    const similarity = shared / (shared + 2 * apart);
    const pairs = 300;
    for (let pair = 0; pair < pairs; pair += 1) {
      const common = draw(shared);
      const [left, right] = [0, 1].map(() => Uint32Array.from([...common, ...draw(apart)]).sort());
      if (left === undefined || right === undefined) throw new Error('two sets');
      const [one, other] = [bandKeys(left), bandKeys(right)];
      agreed += one.filter((key, band) => key === other[band]).length;
    }
    // 9,600 bands: four standard errors of a share are at most 0.02.
    expect(Math.abs(agreed / (pairs * BANDS) - similarity ** 4)).toBeLessThan(0.025);
  }
});
