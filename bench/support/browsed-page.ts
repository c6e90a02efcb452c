import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { until } from '../../test/helpers/until.ts';
import { treeCpuSecondsOf } from './processes.ts';

/** A window, and by what light. */
export interface BrowserView {
  readonly viewport: { readonly width: number; readonly height: number };
  readonly colorScheme: 'light' | 'dark';
}

/** What a step in the page took. */
export interface StepCost {
  readonly wallMs: number;
  /** CPU time of all processes: of the browser, the server and its decoders, and of this one. */
  readonly cpuMs: number;
}

/** What is shown: how many rows, and the first picture in the window; empty while a cell in the window lacks its row, or its picture where there is one. */
const SHOWN = `(() => {
  const { top, bottom } = document.getElementById('grid').getBoundingClientRect();
  const cells = [...document.querySelectorAll('.cell:not(.absent)')].filter((cell) => {
    const box = cell.getBoundingClientRect();
    return box.bottom > top && box.top < bottom;
  });
  const isFilled = (cell) => cell.classList.contains('seen') || cell.querySelector('.none').textContent !== '';
  if (cells.length === 0 || !cells.every(isFilled)) return '';
  const first = Math.min(...cells.map((cell) => cell.getBoundingClientRect().top));
  const pictures = cells.filter((cell) => cell.getBoundingClientRect().top === first).map((cell) => cell.querySelector('img').src);
  return document.getElementById('count').textContent + pictures.join();
})()`;

const toSet = (id: string, value: string): string =>
  `(() => { const field = document.getElementById('${id}'); field.value = '${value}'; field.dispatchEvent(new Event('input', { bubbles: true })); })()`;

const toScroll = (share: number): string =>
  `(() => { const grid = document.getElementById('grid'); grid.scrollTop = ${share} * (grid.scrollHeight - grid.clientHeight); })()`;

/** What is done to the page; each changes what is shown. */
const STEPS: Readonly<Record<string, string>> = {
  'to the middle': toScroll(0.5),
  'to the end': toScroll(1),
  'dropped rows alone': toSet('fate', 'dropped'),
  'sorted by another score': toSet('sort', 'pwatermark'),
  'a word in captions': toSet('text', 'harbour'),
};

/** The page of `bowerbird browse` in a browser of its own, watched: whatever it asks of another server ends the benchmark. */
export class BrowsedPage {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #others: string[] = [];

  private constructor(browser: Browser, page: Page, origin: string) {
    this.#browser = browser;
    this.#page = page;
    page.on('request', (request) => {
      if (!request.url().startsWith(`${origin}/`)) this.#others.push(request.url());
    });
  }

  static async launch(executablePath: string, url: string, view: BrowserView): Promise<BrowsedPage> {
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: 120_000 });
    const page = await (await browser.newContext(view)).newPage();
    return new BrowsedPage(browser, page, new URL(url).origin);
  }

  /** From the address to the first paint, as the browser tells it, and to a grid with all its pictures. */
  async open(url: string): Promise<StepCost & { readonly firstPaintMs: number }> {
    const cost = await this.#measure(async () => {
      await this.#page.goto(url);
      await this.#whenShownOtherThan('');
    });
    const paint = await this.#page.evaluate(
      "performance.getEntriesByName('first-contentful-paint')[0].startTime",
    );
    return { ...cost, firstPaintMs: Number(paint) };
  }

  /** Does one thing after another, each until all pictures in the window are there. */
  async steps(): Promise<ReadonlyMap<string, StepCost>> {
    const costs = new Map<string, StepCost>();
    for (const [name, act] of Object.entries(STEPS)) {
      const before = await this.#page.evaluate(SHOWN);
      const cost = await this.#measure(async () => {
        await this.#page.evaluate(act);
        await this.#whenShownOtherThan(before);
      });
      costs.set(name, cost);
    }
    return costs;
  }

  /** What the page shows, with the picture beside the grid. */
  async photograph(folder: string, name: string): Promise<void> {
    await this.#page.screenshot({ path: join(folder, `${name}.png`) });
    await this.#page.evaluate("document.querySelector('.cell').click()");
    await until(async () =>
      Boolean(await this.#page.evaluate("document.querySelector('.large img')?.naturalWidth > 0")),
    );
    await this.#page.screenshot({ path: join(folder, `${name}-open.png`) });
  }

  /** @throws where the page has asked anything of another server */
  async close(): Promise<void> {
    await this.#browser.close();
    if (this.#others.length > 0) throw new Error(`The page asked other servers: ${this.#others.join(', ')}`);
  }

  async #measure(act: () => Promise<void>): Promise<StepCost> {
    const [cpuBefore, startedMs] = [treeCpuSecondsOf(process.pid), performance.now()];
    await act();
    return {
      wallMs: performance.now() - startedMs,
      cpuMs: 1000 * (treeCpuSecondsOf(process.pid) - cpuBefore),
    };
  }

  async #whenShownOtherThan(before: unknown): Promise<void> {
    await until(async () => {
      const shown = await this.#page.evaluate(SHOWN);
      return shown !== '' && shown !== before;
    });
  }
}
