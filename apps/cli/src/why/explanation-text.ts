import type { Difference } from './stage-differences.js';
import type { Explanation, MadeBy } from './explain-stage.js';

const said = {
  hit: 'hit',
  miss: 'miss: nothing stood under its key',
  rerun: 'computed without a look-up: run.cache.off (`--rerun`) names it',
} as const;

/** An explanation for people: hit or miss, who made it, and field by field what was other before. */
export function explanationText({ stage, key, outcome, made_by: made, because }: Explanation): string {
  const lines = [`${stage}: ${said[outcome]}`, `  key ${key}`];
  if (made === null) lines.push('  not made yet');
  else lines.push(`  made by ${creatorText(made)}`);
  if (outcome === 'miss' && because.length === 0)
    lines.push('  no stage of this kind and name had been made before');
  for (const { stage: compared, compared_with: other, differences } of because) {
    lines.push(`  ${compared}, compared with ${creatorText(other)}:`);
    if (differences.length === 0)
      lines.push('    nothing differs: the same key was computed again, to other bytes');
    for (const difference of differences) lines.push(`    ${differenceText(difference)}`);
  }
  return lines.join('\n');
}

function creatorText({ workflow_id, stage, term, worker, at, git_commit }: MadeBy): string {
  const by = worker === null ? '' : `, worker ${worker}`;
  return `${workflow_id} as ${stage} (term ${String(term)}${by}, ${at}, commit ${git_commit.slice(0, 12)})`;
}

function differenceText({ field, before, after }: Difference): string {
  return `${field}: ${valueText(before)} → ${valueText(after)}`;
}

function valueText(value: unknown): string {
  if (value === undefined) return 'absent';
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value.slice(0, 12);
  return JSON.stringify(value);
}
