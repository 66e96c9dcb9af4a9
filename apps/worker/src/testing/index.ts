export * from './played-call.js';
export * from './played-interpreter.js';
export * from './worker-place.js';
