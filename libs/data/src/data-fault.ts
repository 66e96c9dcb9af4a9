import { InvalidData } from '@nacre/contracts/errors';

/** Where a fault in a source is: its name, the row (records below the header, from 1) and the column. */
export interface DataPlace {
  readonly source: string;
  readonly row?: number;
  readonly column?: string;
}

/**
 * InvalidData with the place first: `train, row 17, column response_b: …`. The problem is said in words of our own,
 * never in those of the cell: this message enters a workflow's history.
 */
export function dataFault(place: DataPlace, problem: string): InvalidData {
  const parts = [place.source];
  if (place.row !== undefined) parts.push(`row ${place.row}`);
  if (place.column !== undefined) parts.push(`column ${place.column}`);
  return new InvalidData(`${parts.join(', ')}: ${problem}`, {
    source: place.source,
    row: place.row ?? null,
    column: place.column ?? null,
  });
}
