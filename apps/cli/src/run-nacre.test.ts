import { describe, expect, it } from 'vitest';

import { nacreProgram } from './run-nacre.js';
import { nacreHere } from './testing/nacre-here.js';

const run = (...words: string[]) => nacreHere(words);

describe('a command that cannot mean anything ends with 2 and one sentence', () => {
  it.each<[string, string]>([
    ['strat recipe.yaml', "unknown command 'strat'"],
    ['start', "missing required argument 'recipe'"],
    ['start recipe.yaml --fold 3', "unknown option '--fold'"],
    ['start gone.yaml', 'gone.yaml: no such file; name a recipe file'],
    ['resolve', "missing required argument 'recipe'"],
    ['resolve recipe.yaml --set', "option '--set <path=value>' argument missing"],
    ['runs all', 'too many arguments'],
    ['watch a b', 'too many arguments'],
    ['logs demo', "missing required argument 'stage'"],
    ['ls a b', 'too many arguments'],
    ['get demo', "missing required argument 'artifact-or-folder'"],
    ['get demo merge', 'get: name the run, the artifact and the folder'],
    ['get demo merge folder more', 'get: name the run, the artifact and the folder'],
    ['get demo folder --adapter --quantized', 'get: either --adapter or --quantized'],
    ['reproduce demo teacher', "missing required argument 'folder'"],
    ['reproduce demo teacher /', '/ is not empty; name a new folder'],
    ['retry demo', "missing required argument 'stage'"],
    ['retry demo teacher --skip --abort', 'retry: either --skip or --abort'],
    ['init --from nothing', '--from nothing: demo or columns'],
    ['init /dev/null', '/dev/null cannot be made'],
    ['dev start', 'too many arguments'],
    ['dev --port http', '--port http: a whole number from 1 to 65535'],
    ['dev --port 0', '--port 0: a whole number from 1 to 65535'],
    ['worker --role cpu', '--role cpu: a worker has the roles control, data, gpu'],
    ['worker --concurrency 0', '--concurrency: a whole number above 0'],
  ])('nacre %s', async (line, sentence) => {
    const { code, stdout, stderr } = await run(...line.split(' '));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
    expect(stderr, 'no stack').not.toMatch(/\n\s+at /);
  });

  it('nacre alone shows its help', async () => {
    const { code, stderr } = await run();
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: nacre [options] [command]');
  });
});

describe('help', () => {
  const commands = nacreProgram().commands.flatMap((command) => [command, ...command.commands]);

  it.each(commands.map((command) => [command.name(), command] as const))(
    'of %s describes it, its arguments and options',
    (_, command) => {
      expect(command.description()).toMatch(/^[a-z].*[^.]$/);
      for (const { description, flags } of command.options) expect(description, flags).toMatch(/^\S.*[^.]$/);
      for (const argument of command.registeredArguments)
        expect(argument.description, argument.name()).toMatch(/\S/);
    },
  );

  it('is no failure', async () => {
    const { code, stdout } = await run('start', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: nacre start [options] <recipe>');
    expect(stdout).toContain('--json');
  });

  it('has every command of this version', () => {
    const names = nacreProgram().commands.map((command) => command.name());
    expect(names.join(' ')).toBe(
      'init doctor dev worker resolve start runs watch logs why ls get report pause resume cancel restart reproduce retry gc drill study',
    );
  });
});
