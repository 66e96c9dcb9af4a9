export * from './search-attribute-names.js';
export * from './task-queues.js';
