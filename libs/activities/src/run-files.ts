/** Readable copies of a run under runs/<run>/, by what they are. */
export const runFiles = {
  recipe: 'recipe.resolved.yaml',
  progress: 'progress.json',
  measurement: 'metrics.json',
  report: 'report.html',
  submission: 'submission.csv',
} as const;
