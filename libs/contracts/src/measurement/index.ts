export * from './breakdown.js';
export * from './calibration.js';
export * from './gate-verdict.js';
export * from './goodput.js';
export * from './history.js';
export * from './measurement.js';
export * from './score.js';
