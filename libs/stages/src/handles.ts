import type { StageHandle } from './stage-runner.js';

/** Stages that were asked for, by a name of the recipe's or of an input. */
export type Handles = Record<string, StageHandle>;

/** What the record holds under a name of the recipe. @throws RangeError when it holds nothing */
export function required<Value>(record: Readonly<Record<string, Value>>, name: string): Value {
  const value = record[name];
  if (value === undefined) throw new RangeError(`the recipe names ${name}, which it does not define`);
  return value;
}

/** Some of the stages as inputs, whose names are prefixed. */
export function pick(handles: Handles, names: readonly string[], prefix: string): Handles {
  return Object.fromEntries(names.map((name) => [`${prefix}${name}`, required(handles, name)]));
}
