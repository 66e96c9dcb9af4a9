/** Characters a cell may hold. The longest answers of the arena have some 60,000; beyond this a quotation mark is missing. */
export const CELL_LIMIT = 16 * 1024 * 1024;

export const CELL_TOO_LONG =
  'more than 16 million characters; shorten the text, or look for a quotation mark that is missing before it';

/** Characters a line of JSON may hold: its cells, and whatever else an export puts beside them. */
export const LINE_LIMIT = 4 * CELL_LIMIT;
