import type { Progress } from '@nacre/contracts/run';

import { renderStageGraph } from '../graph/render-stage-graph.js';
import { html, trusted, type Html } from '../page/html.js';

/** The stages of the run and what each of them reads. */
export function graphSection({ stages }: Progress): Html | null {
  if (stages.length === 0) return null;
  // A run that broke off may name needs that it never came to.
  const names = new Set(stages.map(({ name }) => name));
  const drawn = stages.map((stage) => ({ ...stage, needs: stage.needs.filter((need) => names.has(need)) }));
  return html`<section id="graph">
    <h2>The run as a graph</h2>
    <p>
      Each stage stands to the right of everything it reads. Needs that follow from other needs are not drawn.
      Scroll sideways for the rest.
    </p>
    <div class="card">
      <div class="scroll graph" tabindex="0" role="region" aria-label="Graph of the stages">
        ${trusted(renderStageGraph(drawn))}
      </div>
    </div>
  </section>`;
}
