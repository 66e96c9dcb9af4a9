import type { Score, WaterfallStep } from '@nacre/contracts/measurement';
import * as Plot from '@observablehq/plot';

import type { Html } from '../page/html.js';
import { formatInterval, formatLoss } from '../text/numbers.js';
import { plotMarkup } from './plot-markup.js';

const colours: Readonly<Record<WaterfallStep['step'], string>> = {
  prior: 'var(--prior)',
  student_alone: 'var(--alone)',
  permuted_teachers: 'var(--alone)',
  teachers: 'var(--teacher)',
  student: 'var(--student)',
  single_fold: 'var(--student)',
  merged: 'var(--late)',
  round_to_nearest: 'var(--late)',
  quantized: 'var(--late)',
  both_orders: 'var(--late)',
};

/**
 * Log loss of each step with its 95 % interval: filled on blind rows, hollow out of fold. The dashed line is the
 * prior on blind rows, which a model must leave to its left.
 */
export function waterfallPlot(steps: readonly WaterfallStep[], width: number): Html {
  const narrow = width < 600;
  const points = steps.flatMap(pointsOf);
  const prior = steps.find(({ step }) => step === 'prior');
  const reference = prior?.blind ?? prior?.out_of_fold;
  return plotMarkup(
    {
      width,
      height: 48 + steps.length * 38,
      marginLeft: narrow ? 124 : 150,
      marginRight: narrow ? 12 : 72,
      marginTop: 8,
      marginBottom: 40,
      insetLeft: 6,
      insetRight: 6,
      x: {
        label: 'log loss (lower is better)',
        labelAnchor: 'right',
        labelArrow: 'none',
        nice: true,
        ticks: narrow ? 4 : 8,
        grid: true,
      },
      y: { domain: steps.map(({ title }) => title), label: null, tickSize: 0, padding: 0.3, type: 'band' },
      color: { type: 'identity' },
      marks: [
        reference
          ? Plot.ruleX([reference.log_loss], { stroke: 'var(--prior)', strokeDasharray: '3,4' })
          : null,
        // A mark has one offset for all its points, so points are drawn by their offset.
        ...[0, -APART, APART].flatMap((dy) =>
          pointMarks(
            points.filter((point) => point.dy === dy),
            dy,
            narrow,
          ),
        ),
      ],
    },
    'Log loss of each step with its 95 % interval',
  );
}

interface Point {
  readonly title: string;
  readonly blind: boolean;
  readonly colour: string;
  readonly dy: number;
  readonly loss: number;
  readonly low: number;
  readonly high: number;
  readonly hint: string;
}

/** Pixels by which the two points of a step stand above and below its middle. */
const APART = 6;

function pointsOf({ step, title, blind, out_of_fold: outOfFold }: WaterfallStep): Point[] {
  const apart = blind && outOfFold ? APART : 0;
  const point = (score: Score, isBlind: boolean): Point => ({
    title,
    blind: isBlind,
    colour: colours[step],
    dy: isBlind ? 0 - apart : apart,
    loss: score.log_loss,
    low: score.interval[0],
    high: score.interval[1],
    hint: `${title}, ${isBlind ? 'blind' : 'out of fold'}: ${formatLoss(score.log_loss)} (${formatInterval(score.interval, formatLoss)}), ${score.rows} rows`,
  });
  return [...(blind ? [point(blind, true)] : []), ...(outOfFold ? [point(outOfFold, false)] : [])];
}

function pointMarks(points: readonly Point[], dy: number, narrow: boolean): Plot.Markish[] {
  return [
    Plot.ruleY(points, {
      x1: 'low',
      x2: 'high',
      y: 'title',
      dy,
      stroke: 'colour',
      strokeWidth: 2,
      strokeOpacity: (point: Point) => (point.blind ? 1 : 0.45),
      strokeLinecap: 'round',
    }),
    Plot.dot(points, {
      x: 'loss',
      y: 'title',
      dy,
      r: 4.5,
      stroke: 'colour',
      strokeWidth: 2,
      fill: (point: Point) => (point.blind ? point.colour : 'var(--card)'),
      title: 'hint',
    }),
    narrow
      ? null
      : Plot.text(
          points.filter(({ blind }) => blind),
          {
            x: 'high',
            y: 'title',
            text: (point: Point) => formatLoss(point.loss),
            dx: 8,
            dy,
            textAnchor: 'start',
            fill: 'currentColor',
            fontVariant: 'tabular-nums',
          },
        ),
  ];
}
