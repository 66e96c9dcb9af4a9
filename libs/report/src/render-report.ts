import { html } from './page/html.js';
import { pageStyle } from './page/page-style.js';
import type { ReportInput } from './report-input.js';
import { breakdownSection } from './sections/breakdown-section.js';
import { calibrationSection } from './sections/calibration-section.js';
import { comparisonSection } from './sections/comparison-section.js';
import { dataSection } from './sections/data-section.js';
import { foldSection } from './sections/fold-section.js';
import { goodputSection } from './sections/goodput-section.js';
import { graphSection } from './sections/graph-section.js';
import { headline } from './sections/headline.js';
import { lossSection } from './sections/loss-section.js';
import { provenanceSection } from './sections/provenance-section.js';
import { recipeSection } from './sections/recipe-section.js';
import { timingSection } from './sections/timing-section.js';
import { truncationSection } from './sections/truncation-section.js';
import { waterfallSection } from './sections/waterfall-section.js';

/**
 * The report of a run as one HTML page that needs no network, no script and no other file. Every text from
 * outside is escaped. Equal input gives equal bytes: the page holds no time of its own making.
 */
export function renderReport(input: ReportInput): string {
  const { recipe, progress, measurement } = input;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="data:," />
        <title>${recipe.name} · ${progress.state} · Nacre</title>
        <style>
          ${pageStyle}
        </style>
      </head>
      <body>
        <main>
          ${headline(input)} ${measurement && waterfallSection(measurement)}
          ${measurement && comparisonSection(measurement)} ${measurement && foldSection(measurement)}
          ${measurement && breakdownSection(measurement)} ${measurement && calibrationSection(measurement)}
          ${lossSection(input)} ${timingSection(progress)} ${goodputSection(input.goodput)}
          ${dataSection(input)} ${truncationSection(input)} ${graphSection(progress)}
          ${provenanceSection(input)} ${recipeSection(recipe)}
          <footer>Made by Nacre from the run’s own artifacts. Every number is computed from logits.</footer>
        </main>
      </body>
    </html> `.markup;
}
