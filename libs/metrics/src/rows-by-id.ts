import { ContractViolation } from '@nacre/contracts/errors';

/**
 * Rows by example id. `what` names the table in messages.
 *
 * @throws ContractViolation naming an example that is there twice.
 */
export function rowsById<Row extends { readonly example_id: string }>(
  rows: readonly Row[],
  what: string,
): Map<string, Row> {
  const byId = new Map<string, Row>();
  for (const row of rows) {
    if (byId.has(row.example_id)) throw new ContractViolation(`${row.example_id} is twice in ${what}`);
    byId.set(row.example_id, row);
  }
  return byId;
}
