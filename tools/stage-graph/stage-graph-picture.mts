import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { resolveRecipe } from '@nacre/contracts/recipe';
import { renderStageGraph } from '@nacre/report';
import { dryRun } from '@nacre/stages';
import { parse } from 'yaml';

/** The graph of recipes/drill.yaml (one teacher, two folds) as SVG: small enough to read, and it has every stage kind. */
export async function stageGraphPicture(root: string): Promise<string> {
  const { extends: _base, ...recipe } = parse(
    readFileSync(resolve(root, 'recipes/drill.yaml'), 'utf8'),
  ) as Record<string, unknown>;
  const stages = await dryRun(resolveRecipe({ nacre: 1, ...recipe }));
  return `${renderStageGraph(stages.map(({ name, kind, reads }) => ({ name, kind, needs: reads })))}\n`;
}
