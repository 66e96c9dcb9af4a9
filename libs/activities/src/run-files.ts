/** Readable copies of a run under runs/<run>/, by what they are. */
export const runFiles = {
  recipe: 'recipe.resolved.yaml',
  progress: 'progress.json',
  measurement: 'metrics.json',
  goodput: 'goodput.json',
  report: 'report.html',
  submission: 'submission.csv',
} as const;

/** Folder of a run, beside its readable copies, with the books of its attempts: one file per attempt. */
export const LEDGER_FOLDER = 'ledger';

/** Path of the books of one attempt among the files of its run. */
export function ledgerPath(stageKey: string, term: number): string {
  return `${LEDGER_FOLDER}/${stageKey}-${String(term)}.json`;
}
