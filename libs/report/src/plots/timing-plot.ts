import type { StageState } from '@nacre/contracts/run';
import * as Plot from '@observablehq/plot';

import type { Html } from '../page/html.js';
import { formatDuration } from '../text/times.js';
import { plotMarkup } from './plot-markup.js';

/** A stage that has begun; `until` is the moment up to which it is drawn. */
export interface TimedStage {
  readonly name: string;
  readonly state: StageState['state'];
  readonly from: number;
  readonly until: number;
}

const colours: Partial<Record<StageState['state'], string>> = {
  done: 'var(--good)',
  running: 'var(--accent)',
  held: 'var(--warn)',
  paused: 'var(--warn)',
  failed: 'var(--bad)',
};

const units = [
  { name: 'seconds', milliseconds: 1000 },
  { name: 'minutes', milliseconds: 60_000 },
  { name: 'hours', milliseconds: 3_600_000 },
  { name: 'days', milliseconds: 86_400_000 },
] as const;

/** When each stage ran, in the order of beginning: bars for work, dots for what came from the store. */
export function timingPlot(stages: readonly TimedStage[], width: number): Html {
  const narrow = width < 600;
  const begin = Math.min(...stages.map(({ from }) => from));
  const span = Math.max(...stages.map(({ until }) => until)) - begin;
  const unit = units.findLast(({ milliseconds }) => span >= 3 * milliseconds) ?? units[0];
  const bars = stages.map(({ name, state, from, until }) => ({
    name,
    hit: state === 'hit',
    x1: (from - begin) / unit.milliseconds,
    x2: (until - begin) / unit.milliseconds,
    colour: colours[state] ?? 'var(--idle)',
    hint: state === 'hit' ? `${name}: from the store` : `${name}: ${formatDuration(until - from)}, ${state}`,
  }));
  const row = narrow ? 28 : 19;
  const dy = narrow ? 6 : 0;
  return plotMarkup(
    {
      width,
      height: 44 + bars.length * row,
      marginLeft: narrow ? 4 : 210,
      marginRight: 16,
      marginTop: 4,
      marginBottom: 40,
      x: {
        label: `${unit.name} since the first stage began`,
        labelAnchor: 'right',
        labelArrow: 'none',
        grid: true,
        ticks: narrow ? 4 : 8,
        domain: [0, Math.max(span / unit.milliseconds, 1e-3)],
      },
      y: {
        domain: bars.map(({ name }) => name),
        label: null,
        tickSize: 0,
        axis: narrow ? null : 'left',
        padding: narrow ? 0.62 : 0.34,
      },
      color: { type: 'identity' },
      marks: [
        Plot.barX(
          bars.filter(({ hit }) => !hit),
          {
            x1: 'x1',
            x2: 'x2',
            y: 'name',
            fill: 'colour',
            stroke: 'colour',
            strokeWidth: 1,
            rx: 2,
            dy,
            title: 'hint',
          },
        ),
        Plot.dot(
          bars.filter(({ hit }) => hit),
          {
            x: 'x1',
            y: 'name',
            stroke: 'var(--reuse)',
            fill: 'var(--card)',
            strokeWidth: 2,
            r: 3.5,
            dy,
            title: 'hint',
          },
        ),
        ...(narrow
          ? [
              Plot.text(bars, {
                x: 0,
                y: 'name',
                text: 'name',
                textAnchor: 'start',
                dx: 2,
                dy: -6,
                fontSize: 11,
                fill: 'currentColor',
              }),
            ]
          : []),
      ],
    },
    'Stages over time',
  );
}
