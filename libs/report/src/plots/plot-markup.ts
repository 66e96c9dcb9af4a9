import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

import { html, printable, trusted, type Html } from '../page/html.js';

/** A plot as inline SVG. Plot draws into linkedom's document, which escapes every text it serialises. */
export function plotMarkup(options: Plot.PlotOptions, label: string): Html {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const drawing = Plot.plot({ ...options, document, ariaLabel: label, style: { fontSize: '12px' } });
  return trusted(printable(drawing.outerHTML));
}

/** The same plot for a wide page and for a phone: text keeps its size, and a style rule shows one of them. */
export function responsivePlot(draw: (width: number) => Html, wide = 1040, narrow = 330): Html {
  return html`<div class="plot wide">${draw(wide)}</div>
    <div class="plot narrow">${draw(narrow)}</div>`;
}
