/**
 * Bundles the workflows' compiled code for Temporal's sandbox into .nacre/build/workflow-bundle.js, so that a worker
 * starts without webpack. Set-up calls it and keeps the result by digest.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { inRoot } from './setup/workspace.mjs';

const target = inRoot('.nacre/build/workflow-bundle.js');

const { code } = await bundleWorkflowCode({
  workflowsPath: inRoot('workflows/dist/index.js'),
  logger: new DefaultLogger('WARN'),
});

mkdirSync(dirname(target), { recursive: true });
writeFileSync(`${target}.${process.pid}`, code);
renameSync(`${target}.${process.pid}`, target);
