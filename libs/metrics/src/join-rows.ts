import { ContractViolation } from '@nacre/contracts/errors';

import { rowsById } from './rows-by-id.js';

interface Identified {
  readonly example_id: string;
}

/**
 * Pairs of rows of one example, in the order of the left table. Both tables must hold exactly the same
 * examples: a join that loses a row would move a mean without a word.
 *
 * @throws ContractViolation naming an example that is missing, foreign or there twice, and how many more are.
 */
export function joinRows<Left extends Identified, Right extends Identified>(
  left: readonly Left[],
  leftName: string,
  right: readonly Right[],
  rightName: string,
): [Left, Right][] {
  const leftById = rowsById(left, leftName);
  const rightById = rowsById(right, rightName);
  refuse(
    [...leftById.keys()].filter((id) => !rightById.has(id)),
    leftName,
    rightName,
  );
  refuse(
    [...rightById.keys()].filter((id) => !leftById.has(id)),
    rightName,
    leftName,
  );
  return left.flatMap((row) => {
    const other = rightById.get(row.example_id);
    return other === undefined ? [] : [[row, other]];
  });
}

function refuse(lost: readonly string[], present: string, absent: string): void {
  const [first] = lost;
  if (first === undefined) return;
  const others = lost.length > 1 ? ` (and ${lost.length - 1} more)` : '';
  throw new ContractViolation(`${first}${others} is in ${present} but not in ${absent}`, {
    rows: lost.length,
  });
}
