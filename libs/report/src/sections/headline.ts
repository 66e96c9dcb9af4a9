import type { Measurement, WaterfallStep } from '@nacre/contracts/measurement';
import type { Recipe } from '@nacre/contracts/recipe';
import type { Progress } from '@nacre/contracts/run';

import { html, type Html } from '../page/html.js';
import type { ReportInput } from '../report-input.js';
import { formatCount, formatDifference, formatInterval, formatLoss } from '../text/numbers.js';
import { formatDuration, formatMoment } from '../text/times.js';

/** Name, state, what was reached in one sentence, the figures that matter, and what a reader must know. */
export function headline({ recipe, progress, measurement, links }: ReportInput): Html {
  const notes = honestNotes(recipe, progress, measurement);
  return html`<header>
    <p class="kicker">Nacre run report · ${progress.workflow_id} · run ${progress.run_id}</p>
    <div class="title">
      <h1>${recipe.name}</h1>
      <span class="badge is-${progress.state}">${progress.state}</span>
    </div>
    <p class="lead">${reached(progress, measurement)}</p>
    <dl class="figures">${figures(recipe, progress, measurement)}</dl>
    ${
      notes.length === 0
        ? null
        : html`<div class="notes">
            <ul>
              ${notes.map((note) => html`<li>${note}</li>`)}
            </ul>
          </div>`
    }
    ${
      links.length === 0
        ? null
        : html`<ul class="links">
            ${links.map((link) => html`<li>${linkOf(link)}</li>`)}
          </ul>`
    }
  </header>`;
}

function reached(progress: Progress, measurement: Measurement | null): string {
  const last = measurement && lastMeasured(measurement);
  if (!last) {
    const states: Readonly<Record<Progress['state'], string>> = {
      running: 'The run is under way; nothing is measured yet.',
      paused: 'The run is paused; nothing is measured yet.',
      held: 'The run is held: a person must decide before it can go on. Nothing is measured yet.',
      succeeded: 'The run finished, but nothing was measured.',
      failed: 'The run failed before anything was measured.',
      cancelled: 'The run was cancelled before anything was measured.',
    };
    return states[progress.state];
  }
  const { step, score, place, prior } = last;
  const sentence = `${subjects[step.step]} reaches a log loss of ${formatLoss(score.log_loss)} on ${formatCount(score.rows)} ${place} rows`;
  if (step.step === 'prior' || prior === undefined) return `${sentence}.`;
  const [low, high] = prior.interval;
  const interval = (ends: readonly [number, number], format = formatLoss) =>
    `(95 % interval ${formatInterval(ends, format)})`;
  if (high < 0)
    return `${sentence}: ${formatLoss(-prior.value)} better than the prior ${interval([-high, -low])}.`;
  if (low > 0)
    return `${sentence}: ${formatLoss(prior.value)} worse than the prior ${interval([low, high])}.`;
  return `${sentence}, which cannot be told from the prior: the difference is ${formatDifference(prior.value)} ${interval([low, high], formatDifference)}.`;
}

/** The steps as subjects of a sentence. */
const subjects: Readonly<Record<WaterfallStep['step'], string>> = {
  prior: 'The prior',
  student_alone: 'The student without teachers',
  permuted_teachers: 'The student of permuted teachers',
  teachers: 'The teachers’ mean',
  student: 'The mean of the students',
  single_fold: 'A student of a single fold',
  merged: 'The merged student',
  round_to_nearest: 'The student rounded to the nearest 8 bits',
  quantized: 'The 8-bit student',
  both_orders: 'The 8-bit student, asked in both orders,',
};

function lastMeasured({ waterfall }: Measurement) {
  const blind = waterfall.findLast((step) => step.blind !== null);
  const step = blind ?? waterfall.findLast((each) => each.out_of_fold !== null);
  const score = step?.blind ?? step?.out_of_fold;
  if (!step || !score) return null;
  const place = step.blind ? 'blind' : 'out-of-fold';
  return { step, score, place, prior: step.differences.find(({ to }) => to === 'prior') };
}

function figures(recipe: Recipe, progress: Progress, measurement: Measurement | null): Html[] {
  const { stages } = progress;
  const begun = stages.flatMap(({ started_at: at }) => (at === null ? [] : [at]));
  const ended = stages.flatMap(({ ended_at: at }) => (at === null ? [] : [at]));
  const first = begun.length > 0 ? Math.min(...begun) : null;
  const count = (state: string) => stages.filter((stage) => stage.state === state).length;
  const last = measurement && lastMeasured(measurement);
  const prior = measurement?.waterfall.find(({ step }) => step === 'prior');
  const priorScore = last?.place === 'blind' ? prior?.blind : prior?.out_of_fold;
  return [
    figure(
      'Log loss',
      last ? formatLoss(last.score.log_loss) : '–',
      last ? stepDetail(last.step, last.place) : 'not measured',
    ),
    figure('Prior', priorScore ? formatLoss(priorScore.log_loss) : '–', 'class shares of the training rows'),
    figure(
      'Stages',
      `${count('done') + count('hit')} of ${stages.length}`,
      [
        `${count('hit')} from the store`,
        ...(['held', 'failed', 'skipped'] as const)
          .filter((state) => count(state) > 0)
          .map((state) => `${count(state)} ${state}`),
      ].join(', '),
    ),
    figure(
      'Time',
      first === null || ended.length === 0 ? '–' : formatDuration(Math.max(...ended) - first),
      first === null ? `${recipe.folds.count} folds` : `began ${formatMoment(first)}`,
    ),
  ];
}

function stepDetail(step: WaterfallStep, place: string): string {
  return `${step.title}, ${place} rows`;
}

function figure(title: string, value: string, detail: string): Html {
  return html`<div class="figure">
    <dt>${title}</dt>
    <dd>${value}<small>${detail}</small></dd>
  </div>`;
}

function honestNotes(recipe: Recipe, progress: Progress, measurement: Measurement | null): string[] {
  const tiny = Object.values(recipe.models).some((model) => 'tiny' in model);
  const skipped = progress.stages.filter(({ state }) => state === 'skipped').map(({ name }) => name);
  return [
    ...(progress.message === null ? [] : [progress.message]),
    ...progress.waits_for.map(({ queue, command }) => `No worker polls ${queue}; start one with: ${command}`),
    ...(skipped.length === 0 ? [] : [`Skipped: ${skipped.join(', ')}.`]),
    ...(tiny
      ? [
          'The bases are tiny models made by this run, a fixture for machines without a GPU: the numbers show that the recipe works, not what it reaches with real models.',
        ]
      : []),
    ...(measurement?.notes ?? []),
  ];
}

/** Only files beside the page are linked, so that the page never reaches out. */
function linkOf({ title, href }: ReportInput['links'][number]): Html {
  const relative = /^(?![a-z][a-z0-9+.-]*:|[/\\])[^\0]+$/i.test(href);
  return relative ? html`<a href="${href}">${title}</a>` : html`${title}: <code>${href}</code>`;
}
