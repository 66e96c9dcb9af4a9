import type { JsonSchema } from './json-schema.mjs';

/** What readRecipe takes out of a file before the contract sees it. */
export const extendsSchema: JsonSchema = {
  type: 'string',
  description:
    'Another recipe file, relative to this one: its maps merge under those here, its lists are replaced',
};

/**
 * JSON Schema of a recipe file for editors. It is the contract's own, plus `extends`; what a file must
 * hold is asked only of one that extends nothing, because the rest may stand in the other file.
 */
export function editorSchema({ $schema, properties, required, ...rest }: JsonSchema): JsonSchema {
  return {
    $schema,
    title: 'Nacre recipe',
    ...rest,
    properties: { ...mapped(properties ?? {}, partial), extends: extendsSchema },
    if: { not: { required: ['extends'] } },
    then: { required },
  };
}

/** The schema with no key required, except in alternatives, which are told apart by their keys. */
function partial(schema: JsonSchema): JsonSchema {
  const { required: _required, properties, additionalProperties, ...rest } = schema;
  return {
    ...rest,
    ...(properties === undefined ? {} : { properties: mapped(properties, partial) }),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            typeof additionalProperties === 'object' ? partial(additionalProperties) : additionalProperties,
        }),
  };
}

function mapped<Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
