import { html, type Html } from '../page/html.js';
import { table } from '../page/table.js';
import type { ReportInput } from '../report-input.js';
import { formatCount } from '../text/numbers.js';
import { groupBy } from '../text/group-by.js';

type Counted = ReportInput['counts'][number];

const countTitles: Readonly<Record<string, string>> = { rows_read: 'read', rows: 'kept' };

const samenesses = {
  pair: 'prompt and answers',
  prompt: 'prompt alone',
  near_prompt: 'prompt, nearly',
} as const;

/** Rows of the list of the worst. */
const NAMED = 10;

const foldKey = /^fold_(\d+)_(.+)$/;

/** How many rows were read, kept, repaired and dropped, how the folds fell, and what the leak gate found. */
export function dataSection({ counts, leak }: Pick<ReportInput, 'counts' | 'leak'>): Html | null {
  if (counts.length === 0 && leak === null) return null;
  const tables = [...groupBy(counts, ({ stage }) => stage.split('/')[0] ?? stage).values()];
  return html`<section id="data">
    <h2>Data</h2>
    <p>Rows as they were read, and what became of them.</p>
    ${tables.map(
      (stages) =>
        html`<div class="pair">
          <div class="card">${countTable(stages)}</div>
          ${stages.map(foldTable)}
        </div>`,
    )}
    ${leak === null ? null : leakCard(leak)}
  </section>`;
}

function countTable(stages: readonly Counted[]): Html {
  const names = [...new Set(stages.flatMap(({ counts }) => Object.keys(counts)))].filter(
    (name) => !foldKey.test(name),
  );
  return table(names, [
    { head: 'Rows', cell: (name) => countTitles[name] ?? words(name) },
    ...stages.map(({ stage, counts }) => ({
      head: stage.split('/').slice(1).join('/') || stage,
      cell: (name: string) => formatOptional(counts[name]),
      number: true,
    })),
  ]);
}

/** The counts of each fold side by side; null where a stage has none. */
function foldTable({ counts }: Counted): Html | null {
  const found = Object.keys(counts).flatMap((key) => {
    const [, fold, name] = foldKey.exec(key) ?? [];
    return fold === undefined || name === undefined ? [] : [{ fold, name }];
  });
  if (found.length === 0) return null;
  return html`<div class="card">
    ${table(
      [...new Set(found.map(({ fold }) => fold))],
      [
        { head: 'Dev rows', cell: (fold) => `fold ${fold}` },
        ...[...new Set(found.map(({ name }) => name))].map((name) => ({
          head: words(name),
          cell: (fold: string) => formatOptional(counts[`fold_${fold}_${name}`]),
          number: true,
        })),
      ],
    )}
  </div>`;
}

function formatOptional(count: number | undefined): string {
  return count === undefined ? '–' : formatCount(count);
}

function leakCard({ red, overlaps, worst, nearest, split }: NonNullable<ReportInput['leak']>): Html {
  const verdict =
    red === 0
      ? html`<span class="state is-done">clean: no pair of answers stands on both sides of a split</span>`
      : html`<span class="state is-failed">${formatCount(red)} rows stand on both sides of a split</span>`;
  const found = overlaps.filter(({ rows }) => rows > 0);
  const named = [
    ...worst.map((ids) => ({ ids, alike: 'the same pair' })),
    ...nearest.map(({ ids, similarity }) => ({ ids, alike: `prompts ${similarity.toFixed(2)} alike` })),
  ].slice(0, NAMED);
  return html`<div class="card">
    <h3>Leak gate</h3>
    <p style="margin-bottom: 6px">${verdict}</p>
    ${
      found.length === 0
        ? null
        : table(found, [
            { head: 'Rows of', cell: ({ set }) => words(set) },
            { head: 'shared with', cell: ({ other }) => words(other) },
            {
              head: 'the same',
              cell: ({ same }) => samenesses[same],
            },
            {
              head: 'Verdict',
              cell: (overlap) =>
                overlap.red
                  ? html`<span class="state is-failed">leak</span>`
                  : html`<span class="quiet">counted</span>`,
            },
            { head: 'Rows', cell: ({ rows }) => formatCount(rows), number: true },
          ])
    }
    ${
      named.length === 0
        ? null
        : table(named, [
            { head: 'Row', cell: ({ ids }) => ids[0] },
            { head: 'and row', cell: ({ ids }) => ids[1] },
            { head: 'are', cell: ({ alike }) => alike },
          ])
    }
    ${split.map(
      ({ rows, prompts, example_id }) =>
        html`<p class="quiet">
          ${formatCount(prompts)} prompts of ${formatCount(rows)} rows follow one template, ${example_id}
          among them; each stands for itself.
        </p>`,
    )}
  </div>`;
}

function words(name: string): string {
  return name.replace(/^label_/, 'vote_').replaceAll('_', ' ');
}
