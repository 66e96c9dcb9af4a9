import type { Measurement } from '@nacre/contracts/measurement';

import { html, type Html } from '../page/html.js';
import { table, type Column } from '../page/table.js';
import { honesty, SPOILT } from '../text/honesty.js';
import { foldTable, roleTitles, type FoldTableRow } from '../text/fold-table.js';

/** Each model on the dev rows of each fold, as the competition's winner printed it. */
export function foldSection(measurement: Measurement): Html {
  const { folds, rows } = foldTable(measurement);
  const foldColumns = folds.map((fold, index): Column<FoldTableRow> => ({
    head: `fold ${fold}`,
    cell: ({ losses }) => cell(losses[index] ?? null),
    number: true,
  }));
  return html`<section id="folds">
    <h2>Folds and models</h2>
    <p>
      Log loss of each model on the dev rows of its own fold, answers in the order given.
      ${honesty(measurement)}
    </p>
    <div class="card">
      ${
        rows.length === 0
          ? html`<p class="quiet">No fold was measured.</p>`
          : table(rows, [
              {
                head: 'Model',
                cell: ({ model, role, honest }) =>
                  html`${model} <span class="quiet">${roleTitles[role]}${honest ? '' : SPOILT}</span>`,
                style: () => 'name',
              },
              ...foldColumns,
              { head: 'mean', cell: ({ mean }) => cell(mean), number: true, style: () => 'mean best' },
            ])
      }
    </div>
  </section>`;
}

function cell(loss: number | null): Html | string {
  return loss === null ? html`<span class="quiet">skipped</span>` : loss.toFixed(3);
}
