/** Markup that may stand in a page as it is. Only `html` and `trusted` make it. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }

  toString(): string {
    return this.markup;
  }
}

/** What a template may hold: text is escaped, markup is kept, lists are joined, null and false leave nothing. */
export type Content = Html | string | number | null | false | readonly Content[];

/** A piece of page. Every value is escaped for element content and for quoted attributes unless it is Html. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.map((literal, index) => literal + render(values[index] ?? null)).join(''));
}

/** Markup that Nacre made itself: a plot, a style sheet. Never a text from outside. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

/** The text with what no page can hold, control characters and lone surrogates, replaced by U+FFFD. */
export function printable(text: string): string {
  return text.toWellFormed().replace(/[^\P{Cc}\t\n\r]/gu, '\ufffd');
}

/** Text safe as element content and in a quoted attribute, of HTML and of SVG. */
export function escapeText(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return printable(text).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

function render(value: Content): string {
  if (value === null || value === false) return '';
  if (value instanceof Html) return value.markup;
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return String(value);
  return value.map(render).join('');
}
