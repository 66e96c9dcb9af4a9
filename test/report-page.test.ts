import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { renderReport } from '@nacre/report';
import { sampleRun } from '@nacre/report/sample';
import { chromium, type BrowserContext } from 'playwright-core';
import { describe, expect, it, type TestContext } from 'vitest';

import { requirePart } from './requirement.js';

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
];

/** Hands the page's file and a real Chromium, with a profile of its own, to `look`. */
async function withBrowser(
  context: TestContext,
  look: (browser: BrowserContext, address: string) => Promise<void>,
): Promise<void> {
  const executablePath = requirePart(context, 'browser');
  const folder = await mkdtemp(join(tmpdir(), 'nacre-report-'));
  const file = join(folder, 'report.html');
  await writeFile(file, renderReport(await sampleRun()));
  const browser = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath,
    args: flags,
    headless: true,
  });
  try {
    await look(browser, pathToFileURL(file).href);
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

describe('the report in a real browser', () => {
  it.for([
    { screen: 'a laptop', width: 1280, height: 900, colorScheme: 'light' },
    { screen: 'a laptop in the dark', width: 1280, height: 900, colorScheme: 'dark' },
    { screen: 'a phone', width: 390, height: 844, colorScheme: 'light' },
  ] as const)(
    'opens on $screen without an error, a request or a sideways scroll',
    async ({ width, height, colorScheme }, context) => {
      await withBrowser(context, async (browser, address) => {
        const page = await browser.newPage();
        const complaints: string[] = [];
        const requests: string[] = [];
        page.on('console', (message) => complaints.push(message.text()));
        page.on('pageerror', (error) => complaints.push(error.message));
        page.on('request', (request) => requests.push(request.url()));
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme });
        await page.goto(address);
        for (const summary of await page.locator('section > details > summary').all()) await summary.click();

        expect(complaints).toEqual([]);
        expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([address]);
        expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
        expect(await page.evaluate<string>('getComputedStyle(document.body).backgroundColor')).toBe(
          colorScheme === 'dark' ? 'rgb(20, 24, 29)' : 'rgb(251, 250, 247)',
        );
        const plots = page.locator('.plot svg:visible, svg.stage-graph:visible');
        // Waterfall, eight panels of losses, time line, goodput, graph.
        expect(await plots.count()).toBe(12);
        for (const plot of await plots.all())
          expect((await plot.boundingBox())?.height ?? 0).toBeGreaterThan(100);
      });
    },
  );
});
