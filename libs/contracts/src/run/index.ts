export * from './attempt-ledger.js';
export * from './control-activities.js';
export * from './names.js';
export * from './progress.js';
export * from './run-result.js';
export * from './source-description.js';
export * from './stage-call.js';
export * from './stage-state.js';
