import type { Difference, Measurement, WaterfallStep } from '@nacre/contracts/measurement';

import { html, type Html } from '../page/html.js';
import { table } from '../page/table.js';
import { responsivePlot } from '../plots/plot-markup.js';
import { waterfallPlot } from '../plots/waterfall-plot.js';
import { honesty, SPOILT } from '../text/honesty.js';
import { spoiltSteps } from '../text/spoilt-steps.js';
import { formatDifference, formatInterval, formatLoss, formatShare } from '../text/numbers.js';

/** What each step of the recipe is worth: plot and table of the waterfall. */
export function waterfallSection(measurement: Measurement): Html {
  const { waterfall, swap_inconsistency: inconsistency } = measurement;
  const rows = waterfall.find(({ blind }) => blind !== null)?.blind?.rows ?? 0;
  const folded = waterfall.find(({ out_of_fold: outOfFold }) => outOfFold !== null)?.out_of_fold?.rows ?? 0;
  return html`<section id="waterfall">
    <h2>What each step is worth</h2>
    <p>
      Log loss per row, natural logarithm. Blind: ${rows} rows that no fold trained on or selected by. Out of
      fold: ${folded} training rows, each scored by the models that held its fold out; not defined for models
      that saw all folds. Intervals hold 95 %, bootstrapped by prompt group. ${honesty(measurement)}
    </p>
    <div class="card">
      <ul class="legend">
        <li><i style="background: var(--ink); border-radius: 50%"></i>blind rows</li>
        <li><i style="border: 2px solid var(--ink); border-radius: 50%"></i>out of fold</li>
        <li>dashed: the prior, a guess from class shares alone</li>
      </ul>
      ${responsivePlot((width) => waterfallPlot(waterfall, width))}
    </div>
    <div class="card">${waterfallTable(waterfall, spoiltSteps(measurement))}</div>
    ${
      inconsistency === null
        ? null
        : html`<p class="quiet" style="margin-top: 14px">
            Asked in the other order, the 8-bit model moves P(model_a) by ${formatLoss(inconsistency)} on
            average.
          </p>`
    }
  </section>`;
}

function waterfallTable(steps: readonly WaterfallStep[], spoilt: ReadonlySet<string>): Html {
  const previous = (step: WaterfallStep) => step.differences[0];
  const prior = (step: WaterfallStep) => step.differences.find(({ to }) => to === 'prior');
  return table(steps, [
    { head: 'Step', cell: ({ title }) => title, style: () => 'name' },
    {
      head: 'Out of fold',
      cell: ({ step, out_of_fold: score }) =>
        score ? `${formatLoss(score.log_loss)}${spoilt.has(step) ? SPOILT : ''}` : '–',
      number: true,
    },
    { head: 'Blind', cell: ({ blind }) => (blind ? formatLoss(blind.log_loss) : '–'), number: true },
    {
      head: '95 % interval',
      cell: ({ blind }) => (blind ? formatInterval(blind.interval, formatLoss) : '–'),
      number: true,
      style: () => 'quiet',
    },
    { head: 'Accuracy', cell: ({ blind }) => (blind ? formatShare(blind.accuracy) : '–'), number: true },
    { head: 'To the step before', cell: (step) => difference(previous(step)), number: true },
    { head: 'To the prior', cell: (step) => difference(prior(step)), number: true },
  ]);
}

function difference(value: Difference | undefined): Html | string {
  if (value === undefined) return '–';
  const [low, high] = value.interval;
  const verdict = high < 0 ? 'better' : low > 0 ? 'worse' : '';
  return html`<span class="${verdict}">${formatDifference(value.value)}</span><br /><small class="quiet"
      >${formatInterval(value.interval, formatDifference)}</small
    >`;
}
