import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const pythonPackages = {
  nacre_model: 'libs/model/src',
  nacre_quantization: 'libs/quantization/src',
} as const;

/**
 * The files that decide what an entry file does: itself and, through every level, what it imports
 * from its own package by a relative path (TypeScript) or from Nacre's Python packages. Sorted, relative to root.
 */
export function sourceClosure(root: string, entries: readonly string[]): string[] {
  const found = new Set<string>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const text = readFileSync(join(root, file), 'utf8');
    if (file.endsWith('.ts')) open.push(...typescriptImports(file, text));
    if (file.endsWith('.py')) open.push(...pythonImports(root, text));
  }
  return [...found].sort();
}

function typescriptImports(file: string, text: string): string[] {
  return [...text.matchAll(/from '(\.{1,2}\/[^']+)\.js'/g)].map(([, path]) =>
    normalize(join(dirname(file), `${path ?? ''}.ts`)),
  );
}

function pythonImports(root: string, text: string): string[] {
  const modules = [
    ...text.matchAll(
      /^\s*(?:from|import) (nacre_model|nacre_quantization)((?:\.\w+)*)(?: import ([\w, ]+))?/gm,
    ),
  ];
  return modules.flatMap(([, name, path, imported]) => {
    const base = join(
      pythonPackages[name as keyof typeof pythonPackages],
      name ?? '',
      ...(path ?? '').split('.').filter(Boolean),
    );
    const candidates = [
      `${base}.py`,
      join(base, '__init__.py'),
      ...(imported ?? '').split(',').map((part) => join(base, `${part.trim()}.py`)),
    ];
    return candidates.filter((candidate) => existsSync(join(root, candidate)));
  });
}
