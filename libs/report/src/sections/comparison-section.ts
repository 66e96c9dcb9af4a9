import type { Difference, GateVerdict, Measurement, WaterfallStep } from '@nacre/contracts/measurement';

import { html, type Html } from '../page/html.js';
import { table } from '../page/table.js';
import { formatCount, formatDifference, formatInterval } from '../text/numbers.js';

/** What the difference of two steps answers; pairs without a question stand in the waterfall alone. */
const questions: Readonly<Partial<Record<WaterfallStep['step'], Readonly<Record<string, string>>>>> = {
  permuted_teachers: { student_alone: 'What do soft labels do that say nothing about their row?' },
  student: {
    student_alone: 'What is learning from teachers worth?',
    permuted_teachers: 'Does it matter which row a teacher speaks of?',
  },
  single_fold: { student: 'What does one fold give away against the mean of all?' },
  merged: {
    single_fold: 'Is the merged student better than one of its parts?',
    student: 'How much of the mean of the folds’ probabilities does merging keep?',
  },
  round_to_nearest: { merged: 'What do 8 bits cost without calibration?' },
  quantized: { merged: 'What do 8 bits cost?', round_to_nearest: 'What does calibrated rounding give back?' },
  both_orders: { quantized: 'What is asking in both orders worth?' },
};

interface Answer {
  readonly question: string;
  readonly pair: string;
  readonly difference: Difference;
}

/** The paired comparisons that answer a question, the verdicts of the gates, and how often the blind rows were used. */
export function comparisonSection(measurement: Measurement): Html | null {
  const { gates, blind_looks: looks } = measurement;
  const answers = answersOf(measurement);
  if (answers.length === 0) return null;
  return html`<section id="comparisons">
    <h2>Compared row by row</h2>
    <p>
      Differences of log loss on the same blind rows, the first minus the second: below 0 the first is better.
      An interval that holds 0 decides nothing.
    </p>
    <div class="card">
      ${table(answers, [
        { head: 'Question', cell: ({ question }) => question, style: () => 'long' },
        {
          head: 'Compared',
          cell: ({ pair }) => html`<span class="quiet">${pair}</span>`,
          style: () => 'long',
        },
        { head: 'Difference', cell: ({ difference }) => formatDifference(difference.value), number: true },
        {
          head: '95 % interval',
          cell: ({ difference }) => formatInterval(difference.interval, formatDifference),
          number: true,
          style: () => 'quiet',
        },
        { head: 'Verdict', cell: ({ difference }) => verdictOf(difference) },
      ])}
    </div>
    ${gates.length === 0 ? null : gateCard(gates)}
    ${
      looks === undefined
        ? null
        : html`<p class="quiet" style="margin-top: 14px">
            ${looks === 1 ? 'One measurement in this store has' : `${formatCount(looks)} measurements in this store have`}
            looked at these blind rows, this one included. Every look that decides what is tried next makes
            them less blind.
          </p>`
    }
  </section>`;
}

function answersOf({ waterfall }: Measurement): Answer[] {
  const titleOf = (name: string) => waterfall.find(({ step }) => step === name)?.title ?? name;
  return waterfall.flatMap(({ step, title, differences }) =>
    differences.flatMap((difference): Answer[] => {
      const question = questions[step]?.[difference.to];
      return question === undefined
        ? []
        : [{ question, pair: `${title} against ${titleOf(difference.to)}`, difference }];
    }),
  );
}

function verdictOf({ interval: [low, high] }: Difference): Html {
  if (high < 0) return html`<span class="better">better</span>`;
  if (low > 0) return html`<span class="worse">worse</span>`;
  return html`<span class="quiet">cannot tell</span>`;
}

const outcomes: Readonly<Record<GateVerdict['outcome'], readonly [state: string, words: string]>> = {
  pass: ['is-done', 'passes'],
  fail: ['is-failed', 'fails'],
  undetermined: ['is-held', 'cannot decide: the interval is too wide'],
};

function gateCard(gates: readonly GateVerdict[]): Html {
  return html`<div class="card">
    <h3>Gates</h3>
    ${table(gates, [
      { head: 'Gate', cell: ({ gate }) => `gates.${gate}`, style: () => 'name' },
      {
        head: 'Verdict',
        cell: ({ outcome }) =>
          html`<span class="state ${outcomes[outcome][0]}">${outcomes[outcome][1]}</span>`,
      },
      { head: 'Limit', cell: ({ max_log_loss_rise: limit }) => formatDifference(limit), number: true },
      { head: 'Difference', cell: ({ difference }) => formatDifference(difference.value), number: true },
      {
        head: '95 % interval',
        cell: ({ difference }) => formatInterval(difference.interval, formatDifference),
        number: true,
        style: () => 'quiet',
      },
      { head: 'Blind rows', cell: ({ difference }) => formatCount(difference.rows), number: true },
    ])}
  </div>`;
}
