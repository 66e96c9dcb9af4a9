import type { Manifest } from '@nacre/contracts/artifact';

import { html, type Content, type Html } from '../page/html.js';
import { table, type Column } from '../page/table.js';
import type { ReportInput } from '../report-input.js';
import { formatCount, formatShare } from '../text/numbers.js';

type Made = ReportInput['manifests'][number];

/** What the metrics of tokenize count, by the name in them (libs/model, retention.py). */
const counted = {
  prompt: 'Prompt',
  response_a: 'Response A',
  response_b: 'Response B',
  last_turn: 'Newest turn',
} as const;

/**
 * How much text was left out to fit prompt.max_tokens, per source and tokenizer: of each field and of the newest turn
 * of all three. null where no tokens were made, or only by a build that did not count it.
 */
export function truncationSection({ manifests }: Pick<ReportInput, 'manifests'>): Html | null {
  const made = manifests.filter(
    ({ manifest }) => manifest.kind === 'tokenize' && manifest.metrics['comparisons'] !== undefined,
  );
  if (made.length === 0) return null;
  const fields = Object.entries(counted).map(([name, head]): Column<Made> => ({
    head,
    cell: ({ manifest }) => retention(manifest, name),
    number: true,
  }));
  return html`<section id="truncation">
    <h2>Truncation</h2>
    <p>
      The share of all text, in characters, that is in the tokens. Below it, where some was left out: in how
      many comparisons, and what share of the text survives in a bad (one in ten is worse), a middling and a
      good one of those. The newest turn is the last question with both its answers.
    </p>
    <div class="card">
      ${table(made, [
        { head: 'Tokens', cell: tokens, style: () => 'name' },
        { head: 'Comparisons', cell: ({ manifest }) => comparisons(manifest), number: true },
        ...fields,
      ])}
    </div>
  </section>`;
}

function tokens({ stage, manifest: { parameters } }: Made): Content {
  const { truncation, max_tokens } = parameters;
  const policy = typeof truncation === 'string' ? truncation : '–';
  const limit = typeof max_tokens === 'number' ? formatCount(max_tokens) : '–';
  return [stage.split('/').slice(1).join('/') || stage, quiet(`${policy} · ${limit} tokens`)];
}

function comparisons({ metrics }: Manifest): Content {
  // Both orders of a comparison carry the same cut.
  const cut = (metrics['truncated'] ?? 0) / 2;
  return [
    formatCount(metrics['comparisons'] ?? 0),
    quiet(cut === 0 ? 'none cut' : `${formatCount(cut)} cut`),
  ];
}

function retention({ metrics }: Manifest, name: string): Content {
  const kept = metrics[`kept_${name}`];
  if (kept === undefined) return '–';
  const cut = metrics[`cut_${name}`] ?? 0;
  if (cut === 0) return formatShare(kept);
  const quantiles = ['p10', 'p50', 'p90'].map((quantile) =>
    Math.round(100 * (metrics[`kept_${name}_${quantile}`] ?? 0)),
  );
  return [formatShare(kept), quiet(`${formatCount(cut)} cut`), quiet(`${quantiles.join(' · ')}\u202f%`)];
}

function quiet(text: string): Html {
  return html`<div class="quiet">${text}</div>`;
}
