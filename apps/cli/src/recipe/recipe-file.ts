import { dirname, isAbsolute, resolve } from 'node:path';

import { InvalidRecipe } from '@nacre/contracts/errors';

import { applySetting } from './apply-setting.js';
import { isMapping, type Mapping } from './is-mapping.js';
import { readMapping } from './read-mapping.js';

/**
 * A recipe file as one document: what it extends under it (maps merge, lists replace), local data
 * paths made absolute from the file they stand in, then every `--set path=value` over it.
 *
 * @throws InvalidRecipe naming file and line
 */
export async function readRecipe(file: string, settings: readonly string[]): Promise<Mapping> {
  const document = await readExtended(resolve(file), []);
  for (const setting of settings) applySetting(document, setting);
  return document;
}

async function readExtended(file: string, above: readonly string[]): Promise<Mapping> {
  if (above.includes(file)) {
    throw new InvalidRecipe(
      `${file}: extends itself, through ${[...above, file].join(' → ')}; break the circle`,
    );
  }
  const { extends: base, ...own } = withAbsolutePaths(
    await readMapping(file, { extendedBy: above.at(-1) }),
    dirname(file),
  );
  if (base === undefined) return own;
  if (typeof base !== 'string') throw new InvalidRecipe(`${file}: extends: write the name of one file`);
  return merged(await readExtended(resolve(dirname(file), base), [...above, file]), own);
}

function withAbsolutePaths(document: Mapping, folder: string): Mapping {
  const { data } = document;
  if (!isMapping(data)) return document;
  const sources = Object.entries(data).map(([name, source]) => {
    if (!isMapping(source) || typeof source['path'] !== 'string') return [name, source];
    const { path } = source;
    const local = !/^[a-z][a-z0-9+.-]*:\/\//.test(path) && !isAbsolute(path);
    return [name, local ? { ...source, path: resolve(folder, path) } : source];
  });
  return { ...document, data: Object.fromEntries(sources) as unknown };
}

function merged(below: Mapping, above: Mapping): Mapping {
  const over = Object.entries(above).map(([key, value]) => {
    const under = Object.hasOwn(below, key) ? below[key] : undefined;
    return [key, isMapping(under) && isMapping(value) ? merged(under, value) : value];
  });
  // fromEntries defines keys, so that even `__proto__` stays a key, which the schema then refuses.
  return Object.fromEntries([...Object.entries(below), ...over]) as Mapping;
}
