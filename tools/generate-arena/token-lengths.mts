import type { ArenaRandom } from '@nacre/data';

/**
 * Tokens of a cell, all its turns together, by quantile. Those at .5, .95 and .99 (and .9 of answers) are of the
 * competition's train.csv, counted by Qwen2.5's tokenizer on 45,981 rows; the others are set so that the means come
 * out near its 83 and 291. The longest cells there have 10,429 and 11,708 tokens.
 */
export const tokenQuantiles = {
  prompt: quantiles(
    '0:1 .1:4 .25:9 .5:21 .65:34 .8:62 .9:160 .95:327 .97:620 .99:1134 .995:1600 .999:3000 1:12000',
  ),
  answer: quantiles(
    '0:1 .05:12 .1:38 .25:105 .5:233 .75:350 .9:580 .95:790 .97:900 .99:1450 .995:1900 .999:3000 1:12000',
  ),
};

/** Draws how many tokens a cell has, at least 1; straight lines between the quantiles, so exact everywhere. */
export function drawTokens(random: ArenaRandom, cell: keyof typeof tokenQuantiles): number {
  const share = random.unit();
  let [from, least] = [0, 1];
  for (const [to, most] of tokenQuantiles[cell]) {
    if (share < to) return Math.round(least + ((most - least) * (share - from)) / (to - from));
    [from, least] = [to, most];
  }
  return least;
}

function quantiles(text: string): (readonly [share: number, tokens: number])[] {
  return text.split(' ').map((pair) => {
    const [share, tokens] = pair.split(':');
    return [Number(share), Number(tokens)] as const;
  });
}
