import { html, type Html } from '../page/html.js';
import { lossPlot, type LossCurve } from '../plots/loss-plot.js';
import type { ReportInput } from '../report-input.js';
import { groupBy } from '../text/group-by.js';

const FOLD_COLOURS = 6;

/** Loss curves as small multiples: a panel per model, a line per fold. */
export function lossSection({ histories }: Pick<ReportInput, 'histories'>): Html | null {
  if (histories.length === 0) return null;
  const panels = [...groupBy(histories, ({ stage }) => withoutFold(stage))];
  const folds = [...new Set(histories.map(({ stage }) => foldOf(stage)))].filter((fold) => fold !== null);
  return html`<section id="losses">
    <h2>Loss curves</h2>
    <p>
      Mean training loss per row of each optimizer step, faint, and its running mean. A student that learns
      from teachers minimises the mean of several terms, so its curve compares with no other panel.
    </p>
    ${
      folds.length === 0
        ? null
        : html`<ul class="legend">
            ${folds
              .sort((left, right) => left - right)
              .map((fold) => html`<li><i style="background: ${colourOf(fold)}"></i>fold ${fold}</li>`)}
          </ul>`
    }
    <div class="panels">
      ${panels.map(([title, members]) => {
        const curves = members.map(({ stage, history }): LossCurve => ({
          title: stage,
          colour: colourOf(foldOf(stage)),
          steps: history.steps,
        }));
        return html`<div class="card">
          <h3>${title}</h3>
          <div class="plot">${lossPlot(curves, `Loss of ${title}`)}</div>
        </div>`;
      })}
    </div>
  </section>`;
}

function withoutFold(stage: string): string {
  return stage.replace(/\/fold-\d+$/, '');
}

function foldOf(stage: string): number | null {
  const fold = /\/fold-(\d+)$/.exec(stage)?.[1];
  return fold === undefined ? null : Number(fold);
}

function colourOf(fold: number | null): string {
  return fold === null ? 'var(--soft)' : `var(--fold-${fold % FOLD_COLOURS})`;
}
