import { InvalidRecipe } from '@nacre/contracts/errors';
import { parseDocument } from 'yaml';

import { isMapping, type Mapping } from './is-mapping.js';

/**
 * `folds.count=3` over a document, in place: the value is read as YAML, so numbers, booleans and lists
 * are themselves, and null removes the key.
 *
 * @throws InvalidRecipe quoting the setting
 */
export function applySetting(document: Mapping, setting: string): void {
  const at = setting.indexOf('=');
  const path = setting.slice(0, Math.max(at, 0)).split('.');
  if (path.some((part) => part === '' || part === '__proto__')) {
    throw new InvalidRecipe(`--set ${setting}: write path=value, e.g. --set folds.count=3`);
  }
  const value = parseDocument(setting.slice(at + 1));
  if (value.errors.length > 0) {
    throw new InvalidRecipe(`--set ${setting}: the value is no YAML; quote it, e.g. --set 'name="my-run"'`);
  }
  let place = document;
  for (const part of path.slice(0, -1)) {
    const next = Object.hasOwn(place, part) ? place[part] : undefined;
    if (next !== undefined && next !== null && !isMapping(next)) {
      throw new InvalidRecipe(`--set ${setting}: ${part} is a value and has no keys below it`);
    }
    const below = next ?? {};
    place[part] = below;
    place = below;
  }
  const last = path.at(-1) ?? '';
  const plain: unknown = value.toJS();
  if (plain === null) Reflect.deleteProperty(place, last);
  else place[last] = plain;
}
