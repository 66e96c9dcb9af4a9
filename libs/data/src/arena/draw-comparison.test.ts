import { canonicalDigest } from '@nacre/contracts/artifact';
import { describe, expect, it } from 'vitest';

import { drawComparison } from './draw-comparison.js';
import { logistic } from './logistic.js';
import { ArenaRandom } from './random.js';

const source = { seed: 11, stream: 'comparisons', labels: ['model_a', 'model_b', 'tie'] } as const;
const draw = (change: object, row: number) =>
  drawComparison({ ...source, labels: [...source.labels], ...change }, row);

describe('a row of the synthetic arena', () => {
  it('has the same texts and vote on every machine and in every version', () => {
    const texts = Array.from({ length: 50 }, (_, row) => {
      const { id, prompt, answers, vote } = draw({}, row);
      return [id, prompt, answers.map(({ words }) => words), vote];
    });
    expect(canonicalDigest(texts)).toBe('06ebf4528b6c2e7738aef5669261ca0290d501dc9b9dde8a7c4141ecd5c134bb');
  });

  it('is another one for another row, seed or stream', () => {
    const base = JSON.stringify(draw({}, 3));
    for (const other of [
      draw({}, 4),
      draw({ seed: 12 }, 3),
      draw({ seed: 11 + 2 ** 32 }, 3),
      draw({ stream: 'latents' }, 3),
    ]) {
      expect(JSON.stringify(other)).not.toBe(base);
    }
  });

  it('has an id that no other row of its seed has', () => {
    expect(new Set(Array.from({ length: 5000 }, (_, row) => draw({}, row).id)).size).toBe(5000);
  });

  it('has a distribution that sums to 1 and exchanges with its answers', () => {
    const { probabilities, answers } = draw({}, 5);
    expect(probabilities.model_a + probabilities.model_b + probabilities.tie).toBeCloseTo(1, 12);
    expect(probabilities.model_a > probabilities.model_b).toBe(answers[0].score > answers[1].score);
  });

  it('knows no ties with two labels', () => {
    const rows = Array.from({ length: 200 }, (_, row) => draw({ labels: ['model_a', 'model_b'] }, row));
    expect(rows.every(({ probabilities, vote }) => probabilities.tie === 0 && vote !== 'tie')).toBe(true);
  });
});

describe('its arithmetic', () => {
  it('gives the logistic function within 1e-12', () => {
    for (let x = -20; x <= 20; x += 0.37) {
      const exact = 1 / (1 + Math.exp(-x));
      expect(Math.abs(logistic(x) - exact) / exact).toBeLessThan(1e-12);
    }
  });

  it('draws units evenly and normals with mean 0 and variance 1', () => {
    const random = new ArenaRandom(1, 2, 3);
    const units = Array.from({ length: 50_000 }, () => random.unit());
    const normals = Array.from({ length: 50_000 }, () => random.normal());
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(units)).toBeCloseTo(0.5, 2);
    expect(Math.min(...units)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...units)).toBeLessThan(1);
    expect(mean(normals)).toBeCloseTo(0, 1);
    expect(mean(normals.map((value) => value ** 2))).toBeCloseTo(1, 1);
  });
});
