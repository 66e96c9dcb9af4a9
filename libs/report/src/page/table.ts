import { html, type Content, type Html } from './html.js';

/** One column of a table: numbers stand right-aligned in tabular figures. */
export interface Column<Row> {
  readonly head: Content;
  readonly cell: (row: Row, index: number) => Content;
  readonly number?: boolean;
  /** Classes of the cells that depend on the row. */
  readonly style?: (row: Row, index: number) => string;
}

/** A table that scrolls inside itself where the page is too narrow. The first column names the row. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Html {
  const styleOf = (column: Column<Row>, row: Row, index: number) =>
    [column.number === true ? 'n' : '', column.style?.(row, index) ?? ''].filter(Boolean).join(' ');
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${columns.map(({ head, number }) => html`<th scope="col" class="${number === true ? 'n' : ''}">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row, index) =>
            html`<tr>
              ${columns.map((column, place) =>
                place === 0
                  ? html`<th scope="row" class="${styleOf(column, row, index)}">
                      ${column.cell(row, index)}
                    </th>`
                  : html`<td class="${styleOf(column, row, index)}">${column.cell(row, index)}</td>`,
              )}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}
