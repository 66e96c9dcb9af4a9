import { CELL_LIMIT, CELL_TOO_LONG } from './cell-limit.js';
import { dataFault } from './data-fault.js';
import type { Repairs } from './repairs.js';
import { ZERO_BYTE } from './zero-byte.js';

export interface CsvReading {
  /** Names of columns that a fault may quote; other columns are named by their number, their header may be data. */
  readonly columns?: readonly string[];
  /** Gets a note of every blank line, with the row it follows, and of CRLF line ends. */
  readonly repairs?: Repairs | undefined;
}

/**
 * Splits the pieces of a CSV text into records, by RFC 4180 and nothing looser: cells are separated by commas,
 * quoted cells may hold commas, line ends and doubled quotation marks, records end with LF or CRLF. Blank lines are
 * passed over. The first record is the header, row 0.
 *
 * Own code because a fault must name its row and must not quote the cell, which the readers at hand do not offer.
 *
 * @throws InvalidData with row and column for a quotation mark inside an unquoted cell, text after a closing one, a
 * bare carriage return, a zero byte, a cell beyond CELL_LIMIT, or a file that ends within a quoted cell.
 */
export async function* csvRecords(
  pieces: AsyncIterable<string>,
  source: string,
  reading: CsvReading = {},
): AsyncGenerator<string[]> {
  const splitter = new CsvSplitter(source, reading);
  for await (const piece of pieces) yield* splitter.push(piece);
  yield* splitter.end();
}

class CsvSplitter {
  readonly #source: string;
  readonly #reading: CsvReading;
  /** closing: a quotation mark ended the quoted cell, or is the first of a doubled one. */
  #state: 'start' | 'plain' | 'quoted' | 'closing' = 'start';
  #returned = false;
  #returnsNoted = false;
  #row = 0;
  #header: string[] = [];
  #cell = '';
  #cells: string[] = [];
  #records: string[][] = [];

  constructor(source: string, reading: CsvReading) {
    this.#source = source;
    this.#reading = reading;
  }

  push(piece: string): string[][] {
    const zero = piece.indexOf('\0');
    this.#split(zero === -1 ? piece : piece.slice(0, zero));
    if (zero !== -1) throw this.#fault(ZERO_BYTE);
    return this.#take();
  }

  #split(piece: string): void {
    let position = 0;
    while (position < piece.length) {
      const end = this.#endOfRun(piece, position);
      this.#cell += piece.slice(position, end);
      if (this.#cell.length > CELL_LIMIT) throw this.#fault(CELL_TOO_LONG);
      if (end > position && this.#state === 'start') this.#state = 'plain';
      if (end < piece.length) this.#mark(piece.charAt(end));
      position = end + 1;
    }
  }

  end(): string[][] {
    if (this.#state === 'quoted') {
      throw this.#fault('the file ends inside a quoted cell; it was cut, or a quotation mark is missing');
    }
    if (this.#returned) throw this.#fault(BARE_RETURN);
    if (!this.#blank) this.#endRecord();
    return this.#take();
  }

  /** Where the characters end that are the cell's own. */
  #endOfRun(piece: string, position: number): number {
    if (this.#state === 'closing' || this.#returned) return position;
    const marks = this.#state === 'quoted' ? /"/g : /[",\r\n]/g;
    marks.lastIndex = position;
    return marks.exec(piece)?.index ?? piece.length;
  }

  #mark(character: string): void {
    if (this.#returned && character !== '\n') throw this.#fault(BARE_RETURN);
    if (character === '"') {
      if (this.#state === 'plain') {
        throw this.#fault('a quotation mark inside an unquoted cell; quote the cell and double the mark');
      }
      if (this.#state === 'closing') this.#cell += character;
      this.#state = this.#state === 'quoted' ? 'closing' : 'quoted';
    } else if (character === ',') {
      this.#endCell();
    } else if (character === '\r') {
      this.#returned = true;
    } else if (character === '\n') {
      this.#endLine();
    } else {
      throw this.#fault('text after the closing quotation mark of a cell');
    }
  }

  #endCell(): void {
    this.#cells.push(this.#cell);
    this.#cell = '';
    this.#state = 'start';
  }

  get #blank(): boolean {
    return this.#state === 'start' && this.#cells.length === 0;
  }

  #endLine(): void {
    const { repairs } = this.#reading;
    if (this.#returned && !this.#returnsNoted) repairs?.note('crlf_line_ends', null);
    this.#returnsNoted ||= this.#returned;
    this.#returned = false;
    if (this.#blank) repairs?.note('empty_rows', Math.max(0, this.#row - 1));
    else this.#endRecord();
  }

  #endRecord(): void {
    this.#endCell();
    if (this.#row === 0) this.#header = this.#cells;
    this.#records.push(this.#cells);
    this.#cells = [];
    this.#row += 1;
  }

  #take(): string[][] {
    return this.#records.splice(0);
  }

  #fault(problem: string): Error {
    const column = this.#header[this.#cells.length] ?? '';
    const known = this.#reading.columns?.includes(column) === true;
    const place = { source: this.#source, row: this.#row };
    return dataFault({ ...place, column: known ? column : String(this.#cells.length + 1) }, problem);
  }
}

const BARE_RETURN = 'a carriage return outside quotation marks that ends no line';
