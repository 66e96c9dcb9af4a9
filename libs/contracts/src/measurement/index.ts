export * from './goodput.js';
export * from './history.js';
export * from './measurement.js';
