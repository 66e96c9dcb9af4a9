import { dataFault } from './data-fault.js';

/**
 * Splits the pieces of a CSV text into records, by RFC 4180 and nothing looser: cells are separated by commas,
 * quoted cells may hold commas, line ends and doubled quotation marks, records end with LF or CRLF. Blank lines are
 * passed over. The first record is the header, row 0.
 *
 * Own code because a fault must name its row and must not quote the cell, which the readers at hand do not offer.
 *
 * @throws InvalidData with the row for a quotation mark inside an unquoted cell, text after a closing one, a bare
 * carriage return, or a file that ends within a quoted cell.
 */
export async function* csvRecords(pieces: AsyncIterable<string>, source: string): AsyncGenerator<string[]> {
  const splitter = new CsvSplitter(source);
  for await (const piece of pieces) yield* splitter.push(piece);
  yield* splitter.end();
}

class CsvSplitter {
  readonly #source: string;
  /** closing: a quotation mark ended the quoted cell, or is the first of a doubled one. */
  #state: 'start' | 'plain' | 'quoted' | 'closing' = 'start';
  #returned = false;
  #row = 0;
  #cell = '';
  #cells: string[] = [];
  #records: string[][] = [];

  constructor(source: string) {
    this.#source = source;
  }

  push(piece: string): string[][] {
    let position = 0;
    while (position < piece.length) {
      const end = this.#endOfRun(piece, position);
      this.#cell += piece.slice(position, end);
      if (end > position && this.#state === 'start') this.#state = 'plain';
      if (end < piece.length) this.#mark(piece.charAt(end));
      position = end + 1;
    }
    return this.#take();
  }

  end(): string[][] {
    if (this.#state === 'quoted')
      throw this.#fault('the file ends inside a quoted cell; a quotation mark is missing');
    if (this.#returned) throw this.#fault(BARE_RETURN);
    this.#endRecord();
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
      this.#returned = false;
      this.#endRecord();
    } else {
      throw this.#fault('text after the closing quotation mark of a cell');
    }
  }

  #endCell(): void {
    this.#cells.push(this.#cell);
    this.#cell = '';
    this.#state = 'start';
  }

  #endRecord(): void {
    if (this.#state === 'start' && this.#cells.length === 0) return;
    this.#endCell();
    this.#records.push(this.#cells);
    this.#cells = [];
    this.#row += 1;
  }

  #take(): string[][] {
    return this.#records.splice(0);
  }

  #fault(problem: string): Error {
    return dataFault({ source: this.#source, row: this.#row }, problem);
  }
}

const BARE_RETURN = 'a carriage return outside quotation marks that ends no line';
