/** The words of the synthetic arena, in a fixed order. */
export const arenaWords: readonly string[] = [];
