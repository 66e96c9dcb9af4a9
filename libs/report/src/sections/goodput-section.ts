import { timeUses, type Goodput, type TimeSpent } from '@nacre/contracts/measurement';

import { html, type Html } from '../page/html.js';
import { table, type Column } from '../page/table.js';
import { goodputPlot } from '../plots/goodput-plot.js';
import { responsivePlot } from '../plots/plot-markup.js';
import { formatCount, formatShare } from '../text/numbers.js';
import { timeUseColours, timeUseTitles } from '../text/time-uses.js';
import { formatDuration } from '../text/times.js';

/** What the attempts of the run spent their time on, and what was lost; left out where there are no books. */
export function goodputSection(goodput: Goodput | null): Html | null {
  if (goodput === null || goodput.stages.length === 0) return null;
  const { run, kinds, stages } = goodput;
  return html`<section id="goodput">
    <h2>Goodput</h2>
    <p>${summary(run)}</p>
    <div class="card">
      <ul class="legend">
        ${timeUses.map((use) => html`<li><i style="background: ${timeUseColours[use]}"></i>${timeUseTitles[use]}</li>`)}
      </ul>
      ${responsivePlot((width) => goodputPlot(kinds, width))}
    </div>
    <div class="card">
      ${timeTable('Stage kind', [
        ...kinds.map(({ kind, ...spent }) => ({ name: kind.replaceAll('_', ' '), spent })),
        { name: 'all', spent: run },
      ])}
    </div>
    <p class="quiet" style="margin-top: 14px">
      <b>Lost</b> are steps, rows or layers that were done since the newest checkpoint in the store when an
      attempt ended before its time, or that a refused checkpoint held: the next attempt did them again.
      <b>Detection</b> is the silence between the last sign of life of an attempt that vanished and the
      beginning of the next; in it nobody worked, so it stands beside the time of the attempts, not in it.
      <b>Loading</b> goes from inputs and imports to the publication of the output. <b>Unaccounted</b> is what
      the books of an attempt do not explain. Checkpoints are uploaded while training goes on:
      ${uploads(run)}.
    </p>
    <details>
      <summary>All stages as a table</summary>
      <div class="card">
        ${timeTable(
          'Stage',
          stages.map(({ stage, ...spent }) => ({ name: stage, spent })),
        )}
      </div>
    </details>
  </section>`;
}

function summary({ all, goodput, seconds, attempts, detection }: TimeSpent): string {
  const { done, stopped, failed, vanished } = attempts;
  const early = [
    [stopped, 'stopped as asked'],
    [failed, 'failed'],
    [vanished, 'vanished'],
  ] as const;
  const ends = early.flatMap(([count, what]) => (count === 0 ? [] : [`${formatCount(count)} ${what}`]));
  const lost =
    seconds.lost === 0 ? 'Nothing was done twice.' : `${formatDuration(seconds.lost * 1000)} were lost.`;
  const noticed =
    detection.count === 0
      ? ''
      : ` Noticing that an attempt had vanished took ${formatDuration((detection.seconds * 1000) / detection.count)} on average.`;
  return `${formatShare(goodput ?? 0)} of ${formatDuration(all * 1000)} of work went into steps whose result lives on. ${formatCount(done)} attempts were done${ends.length === 0 ? '' : `, ${ends.join(', ')}`}. ${lost}${noticed}`;
}

function uploads({ uploads: { count, seconds, bytes } }: TimeSpent): string {
  if (count === 0) return 'there were none';
  const mebibytes = (bytes / 2 ** 20).toFixed(1);
  return `${formatCount(count)} of them, ${mebibytes} MiB, in ${formatDuration(seconds * 1000)} of upload`;
}

interface Row {
  readonly name: string;
  readonly spent: TimeSpent;
}

/** Uses on which no row spent a second have no column: a page has room for what there is. */
function timeTable(head: string, rows: readonly Row[]): Html {
  const duration = (seconds: number) => (seconds === 0 ? '–' : formatDuration(seconds * 1000));
  const spentOn = timeUses.filter(
    (use) => use !== 'lost' && rows.some(({ spent }) => spent.seconds[use] !== 0),
  );
  return table(rows, [
    { head, cell: ({ name }) => name, style: () => 'name' },
    { head: 'Attempts', cell: ({ spent }) => attemptsOf(spent), number: true },
    { head: 'Time', cell: ({ spent }) => duration(spent.all), number: true },
    {
      head: 'Goodput',
      cell: ({ spent: { goodput } }) => (goodput === null ? '–' : formatShare(goodput)),
      number: true,
      style: () => 'best',
    },
    {
      head: timeUseTitles.lost,
      cell: ({ spent }) => duration(spent.seconds.lost),
      number: true,
      style: ({ spent }) => (spent.seconds.lost > 0 ? 'worse' : ''),
    },
    { head: 'detection', cell: ({ spent }) => duration(spent.detection.seconds), number: true },
    ...spentOn.map((use): Column<Row> => ({
      head: timeUseTitles[use],
      cell: ({ spent }) => duration(spent.seconds[use]),
      number: true,
    })),
  ]);
}

function attemptsOf({ attempts }: TimeSpent): number {
  return Object.values(attempts).reduce((sum, count) => sum + count, 0);
}
