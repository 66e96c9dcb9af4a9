export * from './control-activities.js';
export type * from './dependencies.js';
export * from './installation.js';
export * from './run-files.js';
export * from './stage-activities.js';
export * from './stage-log.js';
export * from './trainer/cold-starter.js';
export * from './trainer/run-task.js';
export type * from './trainer/task-process.js';
