import type { Progress, StageState } from '@nacre/contracts/run';

import { html, type Html } from '../page/html.js';
import { table } from '../page/table.js';
import { responsivePlot } from '../plots/plot-markup.js';
import { timingPlot, type TimedStage } from '../plots/timing-plot.js';
import { formatDuration } from '../text/times.js';

/** When the stages ran and what became of each. */
export function timingSection({ stages }: Progress): Html {
  const timed = timedStages(stages);
  const computed = stages.filter(({ state }) => state === 'done').length;
  const reused = stages.filter(({ state }) => state === 'hit').length;
  return html`<section id="stages">
    <h2>Stages</h2>
    <p>${computed} of ${stages.length} stages were computed in this run, ${reused} came from the store.</p>
    ${
      timed.length === 0
        ? html`<p class="quiet">No stage has begun.</p>`
        : html`<div class="card">
            <ul class="legend">
              <li><i style="background: var(--good)"></i>computed</li>
              <li><i style="border: 2px solid var(--reuse); border-radius: 50%"></i>from the store</li>
              <li><i style="background: var(--bad)"></i>failed</li>
              <li><i style="background: var(--warn)"></i>held or paused</li>
            </ul>
            ${responsivePlot((width) => timingPlot(timed, width))}
          </div>`
    }
    <details>
      <summary>All stages as a table</summary>
      <div class="card">
        ${table(stages, [
          { head: 'Stage', cell: ({ name }) => name, style: () => 'name' },
          {
            head: 'State',
            cell: ({ state }) => html`<span class="state is-${state}">${stateTitle(state)}</span>`,
          },
          {
            head: 'Began',
            cell: ({ started_at: at }) => (at === null ? '–' : new Date(at).toISOString().slice(11, 19)),
            number: true,
          },
          { head: 'Took', cell: (stage) => took(stage), number: true },
          { head: 'Attempts', cell: ({ attempt }) => (attempt === 0 ? '–' : attempt), number: true },
          {
            head: 'Queue',
            cell: ({ queue }) => html`<span class="quiet">${queue}</span>`,
            style: () => 'name',
          },
          { head: 'Message', cell: ({ message }) => message ?? '', style: () => 'long quiet' },
        ])}
      </div>
    </details>
  </section>`;
}

function timedStages(stages: readonly StageState[]): TimedStage[] {
  const last = Math.max(
    ...stages.flatMap(({ started_at: from, ended_at: until }) => [from ?? 0, until ?? 0]),
  );
  return stages
    .flatMap(({ name, state, started_at: from, ended_at: until }) =>
      from === null ? [] : [{ name, state, from, until: Math.max(from, until ?? last) }],
    )
    .sort((left, right) => left.from - right.from);
}

function took({ state, started_at: from, ended_at: until }: StageState): string {
  if (state === 'hit' || from === null || until === null) return '–';
  return formatDuration(until - from);
}

function stateTitle(state: StageState['state']): string {
  return state === 'hit' ? 'from the store' : state.replace('_', ' ');
}
