#!/usr/bin/env node
/**
 * `npm run demo [-- --data DIR]`: sets the checkout up as far as it is not, then runs the whole recipe.
 */
import { spawn } from 'node:child_process';
import { ensureSetup, runCommand } from './setup.mjs';
import { inRoot } from './setup/workspace.mjs';

await runCommand(async () => {
  ensureSetup();
  const child = spawn(process.execPath, [inRoot('apps/cli/dist/demo/main.js'), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  });
  // A terminal signals the whole group; the demo itself stops in order and this process waits for it.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (signal === 'SIGTERM') child.kill(signal);
    });
  }
  process.exitCode = await new Promise((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1));
  });
});
