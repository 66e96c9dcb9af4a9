import type { History } from '@nacre/contracts/measurement';
import * as Plot from '@observablehq/plot';

import type { Html } from '../page/html.js';
import { plotMarkup } from './plot-markup.js';

/** The loss curve of one fold, or of a model that has no folds. */
export interface LossCurve {
  readonly title: string;
  readonly colour: string;
  readonly steps: History['steps'];
}

/** Steps drawn at most: more than a line of 300 px can show. */
const POINTS = 240;

/** Training loss per row over optimizer steps: every step faint, a running mean strong. */
export function lossPlot(curves: readonly LossCurve[], label: string): Html {
  const width = 330;
  const longest = Math.max(1, ...curves.map(({ steps }) => steps.length));
  const window = Math.max(1, Math.round(longest / 15));
  return plotMarkup(
    {
      width,
      height: 190,
      marginLeft: 38,
      marginRight: 8,
      marginTop: 10,
      marginBottom: 34,
      x: { label: 'step', labelArrow: 'none', ticks: 4, tickFormat: 'd' },
      y: { label: null, ticks: 4, grid: true, nice: true },
      color: { type: 'identity' },
      marks: curves.flatMap(({ title, colour, steps }) => {
        const points = steps.filter((_, index) => index % Math.ceil(steps.length / POINTS) === 0);
        const single = points.length === 1;
        const strength = Math.max(1, Math.round((window * points.length) / steps.length));
        return [
          Plot.line(points, { x: 'step', y: 'loss', stroke: colour, strokeOpacity: 0.28, strokeWidth: 1 }),
          single
            ? Plot.dot(points, { x: 'step', y: 'loss', fill: colour, title: () => title })
            : Plot.line(points, {
                ...Plot.windowY({ k: strength, anchor: 'middle', strict: false }, { x: 'step', y: 'loss' }),
                stroke: colour,
                strokeWidth: 2,
                title: () => title,
              }),
        ];
      }),
    },
    label,
  );
}
