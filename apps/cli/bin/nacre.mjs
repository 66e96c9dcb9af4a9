#!/usr/bin/env node
// The SDK speaks of a Node version that it will need next year; that is no user's concern here.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
await import('../dist/main.js');
