/** The parts of a JSON Schema that say where leaves are. */
export interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
}

/** Paths of all leaves, `*` for the keys of a record, each once. */
export function leavesOf(schema: JsonSchema): string[] {
  return [...new Set(below(schema, []))];
}

function below(schema: JsonSchema, path: readonly string[]): string[] {
  if (schema.properties !== undefined) {
    return Object.entries(schema.properties).flatMap(([key, inner]) => below(inner, [...path, key]));
  }
  if (typeof schema.additionalProperties === 'object')
    return below(schema.additionalProperties, [...path, '*']);
  const objects = (schema.anyOf ?? []).filter(({ properties }) => properties !== undefined);
  return objects.length > 0 ? objects.flatMap((inner) => below(inner, path)) : [path.join('.')];
}
