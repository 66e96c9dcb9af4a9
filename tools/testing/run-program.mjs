import { spawn } from 'node:child_process';
import { root } from '../setup/workspace.mjs';

/**
 * Runs a program of node_modules/.bin at the root, with its words on our streams.
 * @param {string} program
 * @param {string[]} parameters
 * @returns {Promise<boolean>} whether it exited with 0
 */
export function runProgram(program, parameters) {
  return new Promise((resolve, reject) => {
    const child = spawn(`node_modules/.bin/${program}`, parameters, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, NX_DAEMON: 'false', OMP_NUM_THREADS: '1' },
    });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code === 0));
  });
}
