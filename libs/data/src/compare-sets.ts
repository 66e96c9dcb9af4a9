import type { LeakReport, Overlap } from './leak-report.js';
import type { NearDuplicates, NearGroups } from './near-duplicates.js';
import { Pace } from './pace.js';

/** A row as the leak gate compares it. */
export interface LeakRow {
  readonly example_id: string;
  readonly prompt_group: string;
  readonly pair_group: string;
}

type SetName = Overlap['set'];
export type LeakSets = Readonly<Record<SetName, readonly LeakRow[]>>;

/**
 * Pairs of sets that must not share anything, and whether the same pair (prompt and both answers, in either order)
 * in both is red. Nothing that stands in test or in the blind slice may be trained on: that would make the figures
 * measured there, or the submission, a memory test. Between train and extra the folds keep one copy, so red there
 * means that they did not. The same prompt alone, and a near-duplicate of it, are counted only.
 */
const watched: readonly { set: SetName; other: SetName; red: boolean }[] = [
  { set: 'test', other: 'train', red: true },
  { set: 'test', other: 'blind', red: true },
  { set: 'test', other: 'extra', red: true },
  { set: 'test', other: 'post_pretrain', red: true },
  { set: 'blind', other: 'train', red: true },
  { set: 'blind', other: 'extra', red: true },
  { set: 'blind', other: 'post_pretrain', red: true },
  { set: 'train', other: 'extra', red: true },
  { set: 'train', other: 'post_pretrain', red: false },
];

/** How many of each kind of finding are named. */
const NAMED = 20;

/** A row and the first row of another set that it is compared with. */
interface Twins {
  readonly row: LeakRow;
  readonly twin: LeakRow;
  readonly red: boolean;
}

/**
 * What the sets share, as leak.json tells it. Reads each row a fixed number of times.
 *
 * @throws the signal's reason once it is aborted.
 */
export async function compareSets(
  sets: LeakSets,
  near: NearDuplicates,
  signal: AbortSignal | undefined,
): Promise<LeakReport> {
  const pace = new Pace(signal);
  const groups = await near.groups();
  const keys: Readonly<Record<Overlap['same'], (row: LeakRow) => string>> = {
    pair: (row) => row.pair_group,
    prompt: (row) => row.prompt_group,
    near_prompt: (row) => groups.of(row.prompt_group),
  };
  const samePrompt = await firstRows(sets, keys.prompt, pace);
  const overlaps: Overlap[] = [];
  const twins: Record<Overlap['same'], Twins[]> = { pair: [], prompt: [], near_prompt: [] };
  for (const same of ['pair', 'prompt', 'near_prompt'] as const) {
    const key = keys[same];
    const first = same === 'prompt' ? samePrompt : await firstRows(sets, key, pace);
    for (const { set, other, red: pairIsRed } of watched) {
      const red = same === 'pair' && pairIsRed;
      let rows = 0;
      for (const row of sets[set]) {
        const twin = first.get(key(row))?.[other];
        const counted = same !== 'near_prompt' || samePrompt.get(row.prompt_group)?.[other] === undefined;
        if (pace.due) await pace.rest();
        if (twin === undefined || !counted) continue;
        rows += 1;
        twins[same].push({ row, twin, red });
      }
      overlaps.push({ same, set, other, rows, red });
    }
  }
  return {
    nacre_leaks: 2,
    red: overlaps.filter((overlap) => overlap.red).reduce((total, { rows }) => total + rows, 0),
    overlaps,
    worst: [...twins.pair.filter(({ red }) => red), ...twins.pair.filter(({ red }) => !red)]
      .slice(0, NAMED)
      .map(idsOf),
    nearest: twins.near_prompt
      .map((each) => ({
        ids: idsOf(each),
        similarity: near.similarity(each.row.prompt_group, each.twin.prompt_group),
      }))
      .sort((left, right) => right.similarity - left.similarity)
      .slice(0, NAMED),
    split: splitComponents(groups, samePrompt),
  };
}

/** By key, the first row of each set that has it. */
async function firstRows(
  sets: LeakSets,
  key: (row: LeakRow) => string,
  pace: Pace,
): Promise<Map<string, Partial<Record<SetName, LeakRow>>>> {
  const found = new Map<string, Partial<Record<SetName, LeakRow>>>();
  for (const name of Object.keys(sets) as SetName[]) {
    for (const row of sets[name]) {
      const first = found.get(key(row));
      if (first === undefined) found.set(key(row), { [name]: row });
      else first[name] ??= row;
      if (pace.due) await pace.rest();
    }
  }
  return found;
}

function splitComponents(
  { split }: NearGroups,
  samePrompt: ReadonlyMap<string, Partial<Record<SetName, LeakRow>>>,
): LeakReport['split'] {
  return split.slice(0, NAMED).map(({ rows, prompts, prompt_group }) => {
    const [row] = Object.values(samePrompt.get(prompt_group) ?? {});
    return { rows, prompts, example_id: row?.example_id ?? '' };
  });
}

function idsOf({ row, twin }: Twins): [string, string] {
  return [row.example_id, twin.example_id];
}
