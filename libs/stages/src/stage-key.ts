import { canonicalDigest } from '@nacre/contracts/artifact';

/**
 * The identity of a stage: sha256 of canonical {kind, version, parameters, inputs} where inputs are
 * content ids by input name. Nothing about who, when, where or how fast.
 */
export function stageKey(identity: {
  readonly kind: string;
  readonly version: number;
  readonly parameters: unknown;
  readonly inputs: Readonly<Record<string, string>>;
}): string {
  return canonicalDigest(identity);
}
