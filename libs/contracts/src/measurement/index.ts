export * from './history.js';
export * from './measurement.js';
