import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, resolve } from 'node:path';

import { InvalidRecipe } from '@nacre/contracts/errors';
import { parseDocument } from 'yaml';

type Mapping = Record<string, unknown>;

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
  if (above.includes(file)) throw new InvalidRecipe(`${file}: extends itself, through ${above.join(' → ')}`);
  const { extends: base, ...own } = withAbsolutePaths(await readMapping(file), dirname(file));
  if (base === undefined) return own;
  if (typeof base !== 'string') throw new InvalidRecipe(`${file}: extends: the name of one file`);
  return merged(await readExtended(resolve(dirname(file), base), [...above, file]), own);
}

async function readMapping(file: string): Promise<Mapping> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new InvalidRecipe(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); name a recipe file`);
  }
  const document = parseDocument(text, { uniqueKeys: true });
  const [fault] = document.errors;
  if (fault !== undefined) {
    const line = fault.linePos?.[0].line;
    throw new InvalidRecipe(`${file}${line === undefined ? '' : `:${String(line)}`}: ${fault.message.split('\n')[0] ?? ''}`);
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (!isMapping(value)) throw new InvalidRecipe(`${file}: a recipe is a map of keys; see \`npx nacre init\``);
  return value;
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
  const result: Mapping = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = result[key];
    result[key] = isMapping(under) && isMapping(value) ? merged(under, value) : value;
  }
  return result;
}

/** `folds.count=3`: the value is read as YAML, so numbers, booleans, lists and null are themselves. */
function applySetting(document: Mapping, setting: string): void {
  const at = setting.indexOf('=');
  const path = setting.slice(0, at).split('.');
  if (at < 1 || path.some((part) => part === '' || part === '__proto__')) {
    throw new InvalidRecipe(`--set ${setting}: write path=value, e.g. --set folds.count=3`);
  }
  const value = parseDocument(setting.slice(at + 1));
  if (value.errors.length > 0) throw new InvalidRecipe(`--set ${setting}: the value is no YAML`);
  let place = document;
  for (const part of path.slice(0, -1)) {
    const next = place[part];
    if (next !== undefined && !isMapping(next)) throw new InvalidRecipe(`--set ${setting}: ${part} holds no keys`);
    const below = next ?? {};
    place[part] = below;
    place = below;
  }
  const last = path.at(-1) ?? '';
  const plain: unknown = value.toJS();
  if (plain === null) Reflect.deleteProperty(place, last);
  else place[last] = plain;
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
