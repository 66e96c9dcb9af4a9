export * from './exit-codes.js';
export * from './task-event.js';
export * from './task-parameters.js';
export * from './task-request.js';
export * from './task-result.js';
