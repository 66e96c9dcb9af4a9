/**
 * Base of every error that Nacre raises on purpose. The class name is the fact; it is also the
 * failure type that Temporal carries, so the table in error-table.ts can decide by name.
 */
export abstract class NacreError extends Error {
  /** Name of the class, stable under minifiers and across package copies. */
  abstract override readonly name: string;
  /** Public facts for programs; never private text. */
  readonly data: Readonly<Record<string, string | number | boolean | null>>;

  constructor(
    message: string,
    data: Readonly<Record<string, string | number | boolean | null>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.data = data;
  }
}
