export * from './artifact-reference.js';
export * from './canonical-json.js';
export * from './checkpoint.js';
export * from './digest.js';
export * from './file-entry.js';
export * from './manifest.js';
export * from './stage-register.js';
