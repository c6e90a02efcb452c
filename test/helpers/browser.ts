import { createRequire } from 'node:module';
import type { ExecutionContext } from 'ava';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath } from './chromium.ts';
import { until } from './until.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Chromium, until the test ends; undefined, and said, where there is none. */
export async function startBrowser(t: ExecutionContext): Promise<Browser | undefined> {
  if (chromiumPath === undefined) {
    t.log('Skipped: no Chromium is installed (or set CHROMIUM to its path).');
    t.pass();
    return undefined;
  }
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox'],
    timeout: 120_000,
  });
  t.teardown(() => browser.close());
  return browser;
}

/** What a test asks of the page, by its ids and classes. */
export const say = (page: Page, expression: string): Promise<unknown> => page.evaluate(expression);

/** Waits until an expression is true in the page, whose policy lets nothing wait within it. */
export const whenTrue = (page: Page, expression: string): Promise<void> =>
  until(async () => Boolean(await page.evaluate(expression)));

/** What axe-core finds wrong with a page, which was opened in a context with `bypassCSP`. */
export async function axeFindings(page: Page): Promise<string[]> {
  if (!(await say(page, "'axe' in window"))) await page.addScriptTag({ path: AXE });
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')}: ${failureSummary}`),
  );
}
