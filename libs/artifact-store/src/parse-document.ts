/** The part of a zod schema that reading needs. */
interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

/** The JSON document in these bytes, or undefined when they are not JSON or not of the schema. */
export function parseDocument<T>(bytes: Buffer, schema: Schema<T>): T | undefined {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
  const result = schema.safeParse(value);
  return result.success ? result.data : undefined;
}
