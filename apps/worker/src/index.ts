export * from './gpu-ids.js';
export * from './run-worker.js';
export * from './worker-roles.js';
