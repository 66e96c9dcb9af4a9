import { vi } from 'vitest';

import { runNacre } from '../run-nacre.js';

/** A command in this process, with these settings besides its environment: as fast as its work. */
export async function nacreHere(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ code: unknown; stdout: string; stderr: string }> {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const stdout = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const before = process.exitCode;
  try {
    await runNacre(words);
    const textOf = ({ mock }: typeof stdout) => mock.calls.map(([text]) => String(text)).join('');
    return { code: process.exitCode, stdout: textOf(stdout), stderr: textOf(stderr) };
  } finally {
    process.exitCode = before;
    stdout.mockRestore();
    stderr.mockRestore();
    vi.unstubAllEnvs();
  }
}
