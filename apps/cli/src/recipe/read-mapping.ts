import { readFile } from 'node:fs/promises';

import { InvalidRecipe } from '@nacre/contracts/errors';
import { parseDocument, type YAMLParseError } from 'yaml';

import { isMapping, type Mapping } from './is-mapping.js';

type YamlFault = Pick<YAMLParseError, 'code' | 'message' | 'pos' | 'linePos'>;

/** What a file is read as, for messages. */
interface Reading {
  readonly kind?: 'recipe' | 'study';
  /** The file that names this one. */
  readonly extendedBy?: string | undefined;
}

/**
 * The map that a YAML or JSON file holds.
 *
 * @throws InvalidRecipe naming file and line
 */
export async function readMapping(
  file: string,
  { kind = 'recipe', extendedBy }: Reading = {},
): Promise<Mapping> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : String(error);
    const by = extendedBy === undefined ? `name a ${kind} file` : `${extendedBy} extends it`;
    throw new InvalidRecipe(`${file}: ${reason}; ${by}`);
  });
  const document = parseDocument(text, { uniqueKeys: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw new InvalidRecipe(`${placeOf(file, fault)}: ${sentenceOf(fault, text)}`);
  const value = plainValue(file, () => document.toJS({ maxAliasCount: 100 }));
  if (!isMapping(value)) {
    const remedy = kind === 'recipe' ? '`npx nacre init` writes one' : 'docs/studies.md shows one';
    throw new InvalidRecipe(`${file}: a ${kind} is a map of keys; ${remedy}`);
  }
  return value;
}

function placeOf(file: string, { linePos }: YamlFault): string {
  return linePos === undefined ? file : `${file}:${linePos[0].line}`;
}

function sentenceOf({ code, message, pos }: YamlFault, text: string): string {
  if (code === 'DUPLICATE_KEY') {
    const [key = ''] = /^(?:"[^"]*"|'[^']*'|[^\s:,{}[\]]+)/.exec(text.slice(pos[0])) ?? [];
    return `the key ${key} stands twice in one map; remove or rename one`;
  }
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:$/, '');
}

/** Anchors are resolved only here: one that is missing, or a bomb of them, is a fault of the file. */
function plainValue(file: string, convert: () => unknown): unknown {
  try {
    return convert();
  } catch (error) {
    throw new InvalidRecipe(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
