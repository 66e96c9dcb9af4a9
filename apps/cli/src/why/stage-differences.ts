import { canonicalJson } from '@nacre/contracts/artifact';

/** What the key of a stage is made of. */
export interface StageIdentity {
  readonly kind: string;
  readonly version: number;
  readonly parameters: unknown;
  /** Content ids by input name. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** One field of a stage's identity that is other than before; undefined where there was none, or is none any more. */
export interface Difference {
  /** kind, version, parameters.<path> or inputs.<name>. */
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Every field in which two stages differ, and so their keys: none when the keys are equal. */
export function stageDifferences(before: StageIdentity, after: StageIdentity): Difference[] {
  const { kind, version, parameters, inputs } = after;
  return [
    ...leafDifferences('kind', before.kind, kind),
    ...leafDifferences('version', before.version, version),
    ...leafDifferences('parameters', before.parameters, parameters),
    ...leafDifferences('inputs', before.inputs, inputs),
  ];
}

function leafDifferences(field: string, before: unknown, after: unknown): Difference[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].sort().flatMap((key) => leafDifferences(`${field}.${key}`, before[key], after[key]));
  }
  const equal =
    before === after ||
    (before !== undefined && after !== undefined && canonicalJson(before) === canonicalJson(after));
  return equal ? [] : [{ field, before, after }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
