import type { Manifest } from '@nacre/contracts/artifact';

import { html, type Html } from '../page/html.js';
import { table } from '../page/table.js';
import type { ReportInput } from '../report-input.js';

interface Origin {
  readonly name: string;
  readonly commit: string;
  readonly environment: Manifest['environment'];
  stages: number;
}

/** How each artifact came to be: keys, manifests, bytes, what was read, where and from which commit. */
export function provenanceSection({
  manifests,
  progress,
}: Pick<ReportInput, 'manifests' | 'progress'>): Html | null {
  if (manifests.length === 0) return null;
  const origins = new Map<string, Origin>();
  for (const { manifest } of manifests) {
    const key = originKey(manifest);
    const { git_commit: commit } = manifest.created_by;
    const origin = origins.get(key) ?? {
      name: `E${origins.size + 1}`,
      commit,
      environment: manifest.environment,
      stages: 0,
    };
    origin.stages += 1;
    origins.set(key, origin);
  }
  const stageOfManifest = new Map(
    progress.stages.flatMap(({ artifact, name }) =>
      artifact === null ? [] : [[artifact.manifest_id, name] as const],
    ),
  );
  const manifestOfStage = new Map(progress.stages.map(({ name, artifact }) => [name, artifact?.manifest_id]));
  return html`<section id="provenance">
    <h2>Provenance</h2>
    <p>
      A stage key names what was asked for, a manifest who made it and from what, a content id the bytes.
      Digests are cut to 12 characters; hover for the whole.
    </p>
    <div class="card">
      ${table(
        [...origins.values()],
        [
          { head: 'Environment', cell: ({ name }) => name },
          { head: 'Commit', cell: ({ commit }) => digest(commit) },
          {
            head: 'Made in',
            cell: ({ environment }) => environmentText(environment),
            style: () => 'long quiet',
          },
          { head: 'Stages', cell: ({ stages }) => stages, number: true },
        ],
      )}
    </div>
    <details>
      <summary>All ${manifests.length} artifacts</summary>
      <div class="card">
        ${table(manifests, [
          { head: 'Stage', cell: ({ stage }) => stage, style: () => 'name' },
          { head: 'Stage key', cell: ({ manifest }) => digest(manifest.created_by.stage_key) },
          { head: 'Manifest', cell: ({ stage }) => digest(manifestOfStage.get(stage)) },
          { head: 'Content id', cell: ({ manifest }) => digest(manifest.content_id) },
          { head: 'Env.', cell: ({ manifest }) => origins.get(originKey(manifest))?.name ?? '–' },
          {
            head: 'Made by run',
            cell: ({ manifest }) => madeBy(manifest, progress.run_id),
            style: () => 'name',
          },
          { head: 'Read', cell: ({ manifest }) => inputList(manifest, stageOfManifest), style: () => 'long' },
        ])}
      </div>
    </details>
  </section>`;
}

function originKey({ created_by: by, environment }: Manifest): string {
  return JSON.stringify([by.git_commit, Object.entries(environment).sort()]);
}

function environmentText(environment: Manifest['environment']): string {
  const entries = Object.entries(environment).map(
    ([name, value]) => `${name.replaceAll('_', ' ')} ${String(value)}`,
  );
  return entries.length === 0 ? 'not recorded' : entries.join(' · ');
}

function madeBy({ created_by: by }: Manifest, runId: string): Html {
  return by.run_id === runId
    ? html`this one`
    : html`<span class="is-hit" title="${by.run_id}">${by.workflow_id}</span>`;
}

function inputList({ inputs }: Manifest, stageOfManifest: ReadonlyMap<string, string>): Html {
  const entries = Object.entries(inputs);
  if (entries.length === 0) return html`<span class="quiet">nothing</span>`;
  const items = entries.map(
    ([name, manifest]) =>
      html`<div>
        <span class="quiet">${name}</span> ${stageOfManifest.get(manifest) ?? digest(manifest)}
      </div>`,
  );
  return items.length <= 2
    ? html`${items}`
    : html`<details>
        <summary>${items.length} artifacts</summary>
        ${items}
      </details>`;
}

function digest(value: string | undefined): Html | string {
  return value === undefined ? '–' : html`<code title="${value}">${value.slice(0, 12)}</code>`;
}
