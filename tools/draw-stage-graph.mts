/**
 * docs/stage-graph.svg: the picture of recipes/drill.yaml's stages, drawn from distillation.ts.
 *
 *   node --import tsx --conditions=@nacre/source tools/draw-stage-graph.mts
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { stageGraphPicture } from './stage-graph/stage-graph-picture.mjs';

const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
if (values.help === true) {
  console.log('tools/draw-stage-graph.mts: writes docs/stage-graph.svg');
} else {
  const root = resolve(import.meta.dirname, '..');
  writeFileSync(resolve(root, 'docs/stage-graph.svg'), await stageGraphPicture(root));
}
