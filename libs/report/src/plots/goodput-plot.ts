import { timeUses, type Goodput } from '@nacre/contracts/measurement';
import * as Plot from '@observablehq/plot';

import type { Html } from '../page/html.js';
import { formatShare } from '../text/numbers.js';
import { timeUseColours, timeUseTitles } from '../text/time-uses.js';
import { formatDuration } from '../text/times.js';
import { plotMarkup } from './plot-markup.js';

const BAR = 30;

/** One bar per stage kind: the shares of what its attempts' time was spent on. */
export function goodputPlot(kinds: Goodput['kinds'], width: number): Html {
  const narrow = width < 600;
  const titles = kinds.map(({ kind }) => kind.replaceAll('_', ' '));
  return plotMarkup(
    {
      width,
      height: 48 + kinds.length * BAR,
      marginLeft: narrow ? 122 : 150,
      marginRight: narrow ? 12 : 84,
      marginTop: 4,
      marginBottom: 44,
      x: {
        label: 'share of the time of all attempts (%)',
        labelAnchor: 'right',
        labelArrow: 'none',
        domain: [0, 100],
        ticks: narrow ? 4 : 10,
        grid: true,
      },
      y: { domain: titles, label: null, tickSize: 0, padding: 0.32 },
      color: { type: 'identity' },
      marks: [
        Plot.barX(kinds.flatMap(segmentsOf), {
          x1: 'x1',
          x2: 'x2',
          y: 'title',
          fill: 'colour',
          // A seam between neighbours, for eyes that take two colours for one.
          stroke: 'var(--card)',
          strokeWidth: 1,
          title: 'hint',
        }),
        narrow
          ? null
          : Plot.text(kinds, {
              x: 100,
              y: (spent: Goodput['kinds'][number]) => spent.kind.replaceAll('_', ' '),
              text: (spent: Goodput['kinds'][number]) => formatDuration(spent.all * 1000),
              dx: 8,
              textAnchor: 'start',
              fill: 'currentColor',
              fontVariant: 'tabular-nums',
            }),
      ],
    },
    'What the attempts of each stage kind spent their time on',
  );
}

interface Segment {
  readonly title: string;
  readonly colour: string;
  readonly x1: number;
  readonly x2: number;
  readonly hint: string;
}

function segmentsOf({ kind, seconds, shares }: Goodput['kinds'][number]): Segment[] {
  // Below 0 nothing can be drawn; a bar is full all the same.
  const drawn = timeUses.map((use) => Math.max(0, seconds[use]));
  const full = drawn.reduce((sum, part) => sum + part, 0);
  let end = 0;
  return timeUses.flatMap((use, index) => {
    const begin = end;
    end += drawn[index] ?? 0;
    if (end === begin) return [];
    return [
      {
        title: kind.replaceAll('_', ' '),
        colour: timeUseColours[use],
        x1: (100 * begin) / full,
        x2: (100 * end) / full,
        hint: `${kind.replaceAll('_', ' ')}, ${timeUseTitles[use]}: ${formatDuration(seconds[use] * 1000)}, ${formatShare(shares[use])}`,
      },
    ];
  });
}
