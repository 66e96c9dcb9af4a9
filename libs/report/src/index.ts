export { renderStageGraph } from './graph/render-stage-graph.js';
export type { GraphStage } from './graph/stage-graph-layout.js';
export { renderReport } from './render-report.js';
export type * from './report-input.js';
export { renderTables } from './text/render-tables.js';
