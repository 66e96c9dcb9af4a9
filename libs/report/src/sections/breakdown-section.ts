import type { Breakdown, Measurement } from '@nacre/contracts/measurement';

import { html, type Html } from '../page/html.js';
import { table, type Column } from '../page/table.js';
import { formatCount, formatDifference, formatInterval, formatLoss, formatShare } from '../text/numbers.js';

/** Where the log loss of each step comes from: votes, confusion, the length of the answers and their order. */
export function breakdownSection({ breakdowns, waterfall, labels }: Measurement): Html | null {
  if (breakdowns.length === 0) return null;
  const titled = breakdowns.map((breakdown) => ({
    ...breakdown,
    title: waterfall.find(({ step }) => step === breakdown.step)?.title ?? breakdown.step,
  }));
  const last = titled.findLast(({ slice }) => slice === 'blind') ?? titled.at(-1);
  return html`<section id="breakdown">
    <h2>Where the loss comes from</h2>
    <p>
      By the class of the vote, by how much longer one answer is, and by the place of the answers. A model
      that favours long answers or the first place is not necessarily wrong: people may too. Excess is what it
      does beyond the votes of the same rows.
    </p>
    <div class="card">${stepTable(titled)}</div>
    ${orderCard(titled)}
    <div class="pair">${last ? [confusionCard(last, labels), lengthCard(last)] : null}</div>
  </section>`;
}

type Titled = Breakdown & { readonly title: string };

const slices = { out_of_fold: 'out of fold', blind: 'blind' } as const;

function stepTable(breakdowns: readonly Titled[]): Html {
  const labels = breakdowns[0]?.classes.map(({ label }) => label) ?? [];
  return table(breakdowns, [
    {
      head: 'Step',
      cell: ({ title, slice }) => html`${title} <span class="quiet">${slices[slice]}</span>`,
      style: () => 'name',
    },
    ...labels.map((label, index): Column<Titled> => ({
      head: `Loss, ${label.replace('_', ' ')}`,
      cell: ({ classes }) => {
        const loss = classes[index]?.log_loss ?? null;
        return loss === null ? '–' : formatLoss(loss);
      },
      number: true,
    })),
    { head: 'ECE', cell: ({ calibration_error: error }) => formatLoss(error), number: true },
    {
      head: 'Length excess',
      cell: ({ length_bias: bias }) => withInterval(bias && { value: bias.excess, interval: bias.interval }),
      number: true,
    },
  ]);
}

/** Only the steps that were asked in both orders; null where none was. */
function orderCard(breakdowns: readonly Titled[]): Html | null {
  const asked = breakdowns.flatMap(({ order_effect: effect, ...step }) =>
    effect ? [{ ...step, effect }] : [],
  );
  if (asked.length === 0) return null;
  return html`<div class="card">
    <h3>Asked in the other order</h3>
    ${table(asked, [
      {
        head: 'Step',
        cell: ({ title, slice }) => html`${title} <span class="quiet">${slices[slice]}</span>`,
        style: () => 'name',
      },
      { head: 'P(model a) moves by', cell: ({ effect }) => formatLoss(effect.inconsistency), number: true },
      { head: 'Another class', cell: ({ effect }) => formatShare(effect.flips), number: true },
      {
        head: 'Toward the first place',
        cell: ({ effect }) => withInterval({ value: effect.toward_first, interval: effect.interval }),
        number: true,
      },
      { head: 'Rows', cell: ({ effect }) => formatCount(effect.rows), number: true },
    ])}
  </div>`;
}

function withInterval(
  measured: { readonly value: number; readonly interval: readonly [number, number] } | null,
): Html | string {
  if (measured === null) return '–';
  const { value, interval } = measured;
  return html`${formatDifference(value)}<br /><small class="quiet"
      >${formatInterval(interval, formatDifference)}</small
    >`;
}

function confusionCard({ title, confusion, classes }: Titled, labels: readonly string[]): Html {
  return html`<div class="card">
    <h3>Votes and predictions, ${title.toLowerCase()}, blind rows</h3>
    ${table(classes, [
      { head: 'Vote', cell: ({ label }) => label.replace('_', ' '), style: () => 'name' },
      ...labels.map((label, column) => ({
        head: label.replace('_', ' '),
        cell: (_: unknown, line: number) => formatCount(confusion[line]?.[column] ?? 0),
        number: true,
      })),
      {
        head: 'Recall',
        cell: ({ recall }) => (recall === null ? '–' : formatShare(recall)),
        number: true,
      },
      { head: 'Votes', cell: ({ rows }) => formatCount(rows), number: true },
    ])}
  </div>`;
}

function lengthCard({ title, length_bias: bias }: Titled): Html | null {
  if (bias === null) return null;
  return html`<div class="card">
    <h3>The longer answer, ${title.toLowerCase()}, blind rows</h3>
    ${table(bias.buckets, [
      {
        head: 'Times as long',
        cell: ({ from, below }) => (below === null ? `${from} and more` : `${from} to ${below}`),
      },
      { head: 'Voted', cell: ({ voted }) => formatShare(voted), number: true },
      { head: 'Predicted', cell: ({ predicted }) => formatShare(predicted), number: true },
      { head: 'Log loss', cell: ({ log_loss: loss }) => formatLoss(loss), number: true },
      { head: 'Rows', cell: ({ rows }) => formatCount(rows), number: true },
    ])}
  </div>`;
}
