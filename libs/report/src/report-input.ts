import type { Manifest } from '@nacre/contracts/artifact';
import type { Goodput, History, Measurement } from '@nacre/contracts/measurement';
import type { Recipe } from '@nacre/contracts/recipe';
import type { Progress } from '@nacre/contracts/run';

/** counts.json of a stage: numbers of rows by name; fold_<fold>_<name> are of one fold. */
export type Counts = Readonly<Record<string, number>>;

/** What the page shows of leak.json. */
export interface LeakFindings {
  /** Rows on the wrong side of a split. */
  readonly red: number;
  readonly overlaps: readonly {
    readonly same: 'pair' | 'prompt' | 'near_prompt';
    readonly set: string;
    readonly other: string;
    readonly rows: number;
    readonly red: boolean;
  }[];
  /** Example ids of rows that are the same pair, the worst first. */
  readonly worst: readonly (readonly [string, string])[];
  /** Rows whose prompts are near-duplicates, the most alike first. */
  readonly nearest: readonly { readonly ids: readonly [string, string]; readonly similarity: number }[];
  /** Components of near-duplicates that were too large to be one. */
  readonly split: readonly { readonly rows: number; readonly prompts: number; readonly example_id: string }[];
}

/** Everything that a run report shows. What a failed run never made is null or left out. */
export interface ReportInput {
  readonly recipe: Recipe;
  readonly progress: Progress;
  readonly measurement: Measurement | null;
  /** null where no attempt has left its books. */
  readonly goodput: Goodput | null;
  /** Loss curves of the training stages, by stage name. */
  readonly histories: readonly { readonly stage: string; readonly history: History }[];
  /** Data counts by stage name. */
  readonly counts: readonly { readonly stage: string; readonly counts: Counts }[];
  readonly leak: LeakFindings | null;
  readonly manifests: readonly { readonly stage: string; readonly manifest: Manifest }[];
  /** Files beside the page, by relative path; an absolute address is shown as text, never linked. */
  readonly links: readonly { readonly title: string; readonly href: string }[];
}
