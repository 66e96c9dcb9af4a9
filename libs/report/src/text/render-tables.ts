import type { Measurement, WaterfallStep } from '@nacre/contracts/measurement';

import { foldTable, roleTitles } from './fold-table.js';
import { honesty, SPOILT } from './honesty.js';
import { spoiltSteps } from './spoilt-steps.js';
import { formatDifference, formatInterval, formatLoss } from './numbers.js';
import { textTable } from './text-table.js';

const WIDTH = 96;

/**
 * The fold x model table as the competition's winner printed it, and the waterfall, for a terminal: plain text,
 * no colour, at most 100 columns with the folds of a usual recipe. Ends without a line break.
 */
export function renderTables(measurement: Measurement): string {
  return [
    ...foldLines(measurement),
    '',
    ...waterfallLines(measurement),
    ...noteLines([honesty(measurement), ...measurement.notes]),
  ].join('\n');
}

function foldLines(measurement: Measurement): string[] {
  const { folds, rows } = foldTable(measurement);
  if (rows.length === 0) return ['Log loss per fold: no fold was measured'];
  const cell = (loss: number | null) => (loss === null ? '–' : loss.toFixed(3));
  return [
    'Log loss per fold, dev rows, answers as given',
    ...textTable([
      ['', ...folds.map((fold) => `fold ${fold}`), 'mean'],
      ...rows.map(({ model, role, losses, mean, honest }) => [
        `  ${model} (${roleTitles[role]})${honest ? '' : SPOILT}`,
        ...losses.map(cell),
        cell(mean),
      ]),
    ]),
  ];
}

function waterfallLines({ waterfall, ...measurement }: Measurement): string[] {
  const spoilt = spoiltSteps(measurement);
  const mark = (step: string) => (spoilt.has(step) ? SPOILT : '');
  return [
    'Log loss of each step, 95 % intervals by prompt group',
    ...textTable([
      ['', 'out of fold', 'blind', 'interval', 'to step before', 'interval'],
      ...waterfall.map((step) => [
        `  ${step.title}`,
        ...scoreCells(step, mark(step.step)),
        ...differenceCells(step),
      ]),
    ]),
  ];
}

function scoreCells({ out_of_fold: outOfFold, blind }: WaterfallStep, mark: string): string[] {
  return [
    outOfFold ? `${formatLoss(outOfFold.log_loss)}${mark}` : '–',
    blind ? formatLoss(blind.log_loss) : '–',
    blind ? formatInterval(blind.interval, formatLoss) : '–',
  ];
}

function differenceCells({ differences }: WaterfallStep): string[] {
  const [difference] = differences;
  if (difference === undefined) return ['–', '–'];
  return [formatDifference(difference.value), formatInterval(difference.interval, formatDifference)];
}

function noteLines(notes: readonly string[]): string[] {
  return notes.flatMap((note) => ['', ...wrap(note)]);
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
