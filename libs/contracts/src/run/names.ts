/** Names that cross the client-workflow boundary; part of the contract with the Temporal CLI. */
export const PIPELINE_WORKFLOW = 'distillationPipeline';
export const PROGRESS_QUERY = 'progress';
export const DECIDE_UPDATE = 'decide';
export const PAUSE_UPDATE = 'pause';
export const RESUME_UPDATE = 'resume';
export const STAGE_SIGNAL = 'stageSignal';
