import type { Turn } from '@nacre/data';

/**
 * The three ways in which cells of the competition's files are JSON: ASCII with \u escapes; slashes escaped, other
 * characters as themselves; line ends and tabs raw inside the strings, which JSON forbids.
 */
export const cellEncodings = ['ascii', 'slashes', 'raw'] as const;
export type CellEncoding = (typeof cellEncodings)[number];

/** The turns as the text of a cell. Lone surrogates are \u escapes in each: UTF-8 cannot carry them. */
export function encodeTurns(turns: readonly Turn[], encoding: CellEncoding): string {
  const json = JSON.stringify(turns);
  switch (encoding) {
    case 'ascii':
      return json.replace(
        /[\u0080-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
    case 'slashes':
      return json.replaceAll('/', '\\/');
    case 'raw':
      return json.replace(/\\(.)/g, (escape, character) => raw.get(String(character)) ?? escape);
  }
}

const raw: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
]);
