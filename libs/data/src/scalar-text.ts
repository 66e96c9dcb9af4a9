/** Text, and numbers and booleans of JSON lines and Parquet as text: that is how a recipe names them. */
export function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const simple = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
  return simple ? String(value) : undefined;
}
