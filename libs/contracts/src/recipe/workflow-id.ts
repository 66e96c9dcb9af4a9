import { canonicalDigest } from '../artifact/canonical-json.js';
import type { Recipe } from './recipe.js';

/**
 * Workflow id of a resolved recipe: its name and 8 hexadecimal characters of everything in it but
 * `run:`. The same recipe started twice is the same run.
 */
export function workflowId(recipe: Recipe): string {
  const { run: _run, ...identity } = recipe;
  return `${recipe.name}-${canonicalDigest(identity).slice(0, 8)}`;
}
