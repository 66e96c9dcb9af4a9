export * from './connect-client.js';
export * from './connect-worker.js';
export * from './connection-settings.js';
export * from './data-converter.js';
export * from './pollers-of.js';
export * from './search-attributes.js';
export * from './worker-options.js';
