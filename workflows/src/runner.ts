export { WorkflowRunner } from './run-stage.js';
export { StageBoard } from './stage-board.js';
