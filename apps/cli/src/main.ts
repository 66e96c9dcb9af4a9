import { runNacre } from './run-nacre.js';

// `nacre runs | head` closes the pipe early, which is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

await runNacre(process.argv.slice(2));
