import { InvalidRecipe } from '@nacre/contracts/errors';

/**
 * Ids of `--gpus 0-3,6`, ascending and each once.
 *
 * @throws InvalidRecipe (a usage error) naming the part that is none
 */
export function parseGpuIds(text: string): number[] {
  const ids = text.split(',').flatMap((part) => {
    const [, first, last] = /^\s*(\d{1,3})(?:-(\d{1,3}))?\s*$/.exec(part) ?? [];
    const from = Number(first);
    const to = Number(last ?? first);
    if (first === undefined || to < from) {
      throw new InvalidRecipe(`--gpus ${part}: ids and ranges as nvidia-smi counts them, e.g. 0-3,6`);
    }
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  return [...new Set(ids)].sort((left, right) => left - right);
}
