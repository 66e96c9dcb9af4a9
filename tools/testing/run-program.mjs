import { spawn } from 'node:child_process';
import { root } from '../setup/workspace.mjs';

/**
 * Runs a program of node_modules/.bin at the root.
 * @param {string} program
 * @param {string[]} parameters
 * @param {{ together?: boolean }} [options] `together` keeps its words until it ends, so that they do not mix with
 *   those of a program beside it; otherwise they come as they are said
 * @returns {Promise<boolean>} whether it exited with 0
 */
export function runProgram(program, parameters, { together = false } = {}) {
  return new Promise((resolve, reject) => {
    const output = together ? 'pipe' : 'inherit';
    const child = spawn(`node_modules/.bin/${program}`, parameters, {
      cwd: root,
      stdio: ['ignore', output, output],
      env: { ...process.env, NX_DAEMON: 'false', OMP_NUM_THREADS: '1' },
    });
    /** @type {Buffer[]} */
    const said = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (/** @type {Buffer} */ chunk) => said.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(said));
      resolve(code === 0);
    });
  });
}
