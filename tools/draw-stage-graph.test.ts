import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { expect, it } from 'vitest';

import { stageGraphPicture } from './stage-graph/stage-graph-picture.mjs';

it('the picture in the docs is the graph of the recipe as it is now', async () => {
  const root = resolve(import.meta.dirname, '..');
  expect(readFileSync(resolve(root, 'docs/stage-graph.svg'), 'utf8')).toBe(await stageGraphPicture(root));
});
