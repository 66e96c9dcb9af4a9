import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const python = process.env['NACRE_PYTHON'] ?? resolve(root, '.venv/bin/python');

interface Finding {
  code: string;
  message: string;
}

/** What ruff, configured as for that file, says against the text. */
function findings(file: string, text: string): Finding[] {
  const ruff = ['-m', 'ruff', 'check', '--output-format=json', '--no-cache', `--stdin-filename=${file}`, '-'];
  const { stdout, stderr, status } = spawnSync(python, ruff, { cwd: root, input: text, encoding: 'utf8' });
  if (status !== 0 && status !== 1) throw new Error(`ruff did not run: ${stderr}`);
  return JSON.parse(stdout) as Finding[];
}

describe('a banned Python import is an error', () => {
  test.each([
    [
      'libs/model/src/nacre_model/probe.py',
      'from nacre_quantization import gptq\n\ngptq.run()\n',
      'nacre_quantization',
    ],
    ['libs/model/src/nacre_model/probe.py', 'import pickle\n\npickle.dumps(1)\n', 'pickle'],
    ['libs/quantization/src/nacre_quantization/probe.py', 'import pickle\n\npickle.dumps(1)\n', 'pickle'],
    ['libs/model/src/nacre_model/probe.py', 'import torch\n\ntorch.load("weights.pt")\n', 'torch.load'],
    [
      'libs/quantization/src/nacre_quantization/probe.py',
      'import torch\n\ntorch.save({}, "weights.pt")\n',
      'torch.save',
    ],
  ])('in %s: %j', (file, text, banned) => {
    const banning = findings(file, text).filter(({ code }) => code === 'TID251');
    expect(banning.map(({ message }) => message)).toEqual([
      expect.stringContaining(`\`${banned}\` is banned`),
    ]);
  });

  test('quantization may use model', () => {
    const text = 'from nacre_model import protocol\n\nprotocol.run()\n';
    expect(findings('libs/quantization/src/nacre_quantization/probe.py', text)).toEqual([]);
  });
});
