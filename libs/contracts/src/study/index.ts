export * from './resolve-study.js';
export * from './study.js';
export * from './study-results.js';
