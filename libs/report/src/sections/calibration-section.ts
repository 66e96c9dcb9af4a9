import type { CalibratedScore, Calibration, Measurement } from '@nacre/contracts/measurement';

import { html, type Html } from '../page/html.js';
import { table } from '../page/table.js';
import { formatDifference, formatInterval, formatLoss } from '../text/numbers.js';

interface Row {
  readonly title: string;
  readonly slice: string;
  readonly calibration: Calibration;
  readonly scored: CalibratedScore;
}

/** What temperature and vector scaling would be worth, before and after. Nothing that is submitted is scaled. */
export function calibrationSection({ calibrations, waterfall }: Measurement): Html | null {
  const rows = calibrations.flatMap((calibration): Row[] => {
    const title = waterfall.find(({ step }) => step === calibration.step)?.title ?? calibration.step;
    return (
      [
        ['out of fold', calibration.out_of_fold],
        ['blind', calibration.blind],
      ] as const
    ).flatMap(([slice, scored]) => (scored === null ? [] : [{ title, slice, calibration, scored }]));
  });
  if (rows.length === 0) return null;
  return html`<section id="calibration">
    <h2>Calibration</h2>
    <p>
      Scalings of log probabilities, fitted on out-of-fold rows only: there each fold is scaled by what was
      fitted on the others, on blind rows by what was fitted on all. A temperature above 1 means that the
      model was too sure. Measured here, applied to nothing.
    </p>
    <div class="card">
      ${table(rows, [
        {
          head: 'Step',
          cell: ({ title, slice }) => html`${title} <span class="quiet">${slice}</span>`,
          style: () => 'name',
        },
        { head: 'Scaling', cell: ({ calibration }) => scalingOf(calibration), style: () => 'long' },
        { head: 'Before', cell: ({ scored }) => formatLoss(scored.before.log_loss), number: true },
        { head: 'After', cell: ({ scored }) => formatLoss(scored.after.log_loss), number: true },
        {
          head: 'Difference',
          cell: ({ scored: { difference } }) => {
            const [low, high] = difference.interval;
            const verdict = high < 0 ? 'better' : low > 0 ? 'worse' : '';
            return html`<span class="${verdict}">${formatDifference(difference.value)}</span><br /><small
                class="quiet"
                >${formatInterval(difference.interval, formatDifference)}</small
              >`;
          },
          number: true,
        },
        {
          head: 'ECE before',
          cell: ({ scored }) => formatLoss(scored.calibration_error.before),
          number: true,
        },
        { head: 'ECE after', cell: ({ scored }) => formatLoss(scored.calibration_error.after), number: true },
      ])}
    </div>
  </section>`;
}

function scalingOf({ method, temperature, factors, offsets }: Calibration): string {
  if (temperature !== null) return `${method} ${temperature.toFixed(3)}`;
  const list = (values: readonly number[], format: (value: number) => string) =>
    values.map(format).join(', ');
  return `${method}: × ${list(factors, (value) => value.toFixed(2))}; ${list(offsets, formatDifference)}`;
}
