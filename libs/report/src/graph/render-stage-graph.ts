import { html, trusted } from '../page/html.js';
import { stageGraphLayout, type GraphStage, type PlacedStage } from './stage-graph-layout.js';

const NODE = { width: 138, height: 38 };
const GAP = { x: 30, y: 12 };
const MARGIN = 16;

/** Scoped by class, because the drawing also stands inline in the report; follows the reader's colour scheme. */
const style = trusted(`
.stage-graph { --edge: #b9b4a8; --box: #ffffff; --rim: #cfc9bb; --text: #1f2630; --quiet: #6a7280; --band: #f3f0e9;
  --data: #5d6775; --base: #7b5ea7; --teacher-stage: #b26a1f; --student-stage: #25667e; --late-stage: #2b7a4b; --number: #b3446c;
  font-family: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
@media (prefers-color-scheme: dark) { .stage-graph { --edge: #4a535e; --box: #20262d; --rim: #3a434d; --text: #e7e9ec; --quiet: #9ba5b1; --band: #191e24;
  --data: #98a1ac; --base: #b9a0e3; --teacher-stage: #e6a763; --student-stage: #7cc0d8; --late-stage: #72c394; --number: #ee8fb2; } }
.stage-graph .edge { fill: none; stroke: var(--edge); stroke-width: 1.1; opacity: 0.8; }
.stage-graph .band { fill: var(--band); }
.stage-graph .box { fill: var(--box); stroke: var(--rim); }
.stage-graph text { fill: var(--text); font-size: 11.5px; font-weight: 600; }
.stage-graph .quiet { fill: var(--quiet); font-size: 10.5px; font-weight: 400; }
`);

const groups: Readonly<Record<string, string>> = {
  make_base: 'base',
  synthesize_latents: 'base',
  tokenize: 'base',
  post_pretrain: 'base',
  train_teacher: 'teacher-stage',
  distil: 'student-stage',
  merge: 'late-stage',
  quantize: 'late-stage',
  predict: 'late-stage',
  submit: 'late-stage',
  export_logits: 'number',
  measure: 'number',
};

/**
 * The stages of a recipe as one SVG drawing, layered left to right with the folds in bands: for
 * docs/architecture.md and the report. Equal stages give equal bytes.
 *
 * @throws ContractViolation for a need that is no stage, a name that is there twice, or a circle.
 */
export function renderStageGraph(stages: readonly GraphStage[]): string {
  const { layers, rows, placed, edges, bands } = stageGraphLayout(stages);
  const width = 2 * MARGIN + layers * (NODE.width + GAP.x) - GAP.x;
  const height = 2 * MARGIN + rows * (NODE.height + GAP.y) - GAP.y;
  const drawing = html`<svg
    xmlns="http://www.w3.org/2000/svg"
    class="stage-graph"
    width="${width}"
    height="${height}"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="Stages from left to right, each to the right of what it needs"
  >
    <style>
      ${style}
    </style>
    ${bands.map(({ fold, row, rows: bandRows, from, to }) => {
      const y = top(row) - GAP.y / 2 + 2;
      const x = left(from) - GAP.x / 2 + 3;
      return html`<rect
        class="band"
        x="${x}"
        y="${y}"
        width="${left(to) + NODE.width + GAP.x / 2 - 3 - x}"
        height="${bandRows * (NODE.height + GAP.y) - 4}"
        rx="10"
        ><title>fold ${fold}</title></rect
      > `;
    })}${edges.map(({ from, to }) => html`<path class="edge" d="${curve(from, to)}" /> `)}${placed.map(node)}
  </svg> `;
  return `${drawing.markup.trimEnd()}\n`;
}

function node(place: PlacedStage) {
  const [title = place.stage.name, ...rest] = place.stage.name.split('/');
  const x = left(place.layer);
  const y = top(place.row);
  const colour = groups[place.stage.kind] ?? 'data';
  const detail = rest.join(' · ').replace('fold-', 'fold ');
  return html`<g
    ><title>${place.stage.name} (${place.stage.kind})</title
    ><rect class="box" x="${x}" y="${y}" width="${NODE.width}" height="${NODE.height}" rx="7" /><rect
      x="${x}"
      y="${y + 7}"
      width="3"
      height="${NODE.height - 14}"
      rx="1.5"
      fill="var(--${colour})"
    /><text x="${x + 11}" y="${y + (detail === '' ? 23 : 16)}">${shorten(title, 19)}</text>${
      detail !== '' && html`<text class="quiet" x="${x + 11}" y="${y + 30}">${shorten(detail, 23)}</text>`
    }</g
  > `;
}

function curve(from: PlacedStage, to: PlacedStage): string {
  const start = { x: left(from.layer) + NODE.width, y: top(from.row) + NODE.height / 2 };
  const end = { x: left(to.layer), y: top(to.row) + NODE.height / 2 };
  // A long edge leaves and arrives within the gap beside its nodes, so that it passes behind as few as possible.
  const reach = Math.min((end.x - start.x) / 2, 60);
  return `M${start.x},${start.y}C${start.x + reach},${start.y} ${end.x - reach},${end.y} ${end.x},${end.y}`;
}

function left(layer: number): number {
  return MARGIN + layer * (NODE.width + GAP.x);
}

function top(row: number): number {
  return MARGIN + row * (NODE.height + GAP.y);
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
