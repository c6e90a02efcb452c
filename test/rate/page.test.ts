import { createServer } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Browser, Page } from 'playwright-core';
import { readAnswers } from '../../src/feedback/answers.ts';
import type { PageSaved } from '../../src/rate/page-data.ts';
import { axeFindings, say, startBrowser, whenTrue } from '../helpers/browser.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { type RunningCli, startCli } from '../helpers/run-cli.ts';
import { HOSTILE, serveRate, writePhotos } from './world.ts';

/** Answers by keyboard while the server is killed five times; BOWERBIRD_RATE_ANSWERS asks for others. */
const ANSWERS = Number(process.env['BOWERBIRD_RATE_ANSWERS'] ?? 60);
const KILLS = 5;
const KEYS = ['ArrowLeft', 'ArrowRight', 'ArrowDown', 'Shift+ArrowRight', 'b', 's', 'Shift+ArrowLeft'];

const TOKEN = 'a-token-of-tests';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The command, started again and again under the same address. */
class KilledServer {
  readonly url: string;
  readonly #args: readonly string[];
  #cli: RunningCli | undefined;

  constructor(port: number, args: readonly string[]) {
    this.url = `http://127.0.0.1:${port}/?token=${TOKEN}`;
    this.#args = ['rate', ...args, '--port', String(port), '--token', TOKEN];
  }

  async start(): Promise<void> {
    this.#cli = startCli(this.#args, { isDoomed: true });
    while (!(await fetch(this.url).catch(() => undefined))?.ok)
      if (this.#cli.process.exitCode !== null) throw new Error(this.#cli.stderr());
  }

  async kill(): Promise<void> {
    this.#cli?.process.kill('SIGKILL');
    await this.#cli?.ended;
  }
}

/** A window in which somebody answers, with what the server said was saved. */
class Window {
  readonly page: Page;
  readonly acknowledged = new Set<string>();
  answers = 0;

  private constructor(page: Page) {
    this.page = page;
    page.on('response', async (response) => {
      if (response.request().method() !== 'POST' || !response.ok()) return;
      const { records } = response.request().postDataJSON() as { records: { id: string }[] };
      const { results } = (await response.json().catch(() => ({ results: [] }))) as Pick<
        PageSaved,
        'results'
      >;
      for (const [i, result] of results.entries())
        if (typeof result === 'string') this.acknowledged.add(records[i]!.id);
    });
  }

  static async open(browser: Browser, url: string, rater: string): Promise<Window> {
    const page = await (await browser.newContext()).newPage();
    const window = new Window(page);
    await page.goto(url);
    await whenTrue(page, "document.getElementById('who').open");
    await page.keyboard.type(rater);
    await page.keyboard.press('Enter');
    return window;
  }

  /** Answers what is shown, as soon as it may be answered. */
  async answer(): Promise<void> {
    const shown = "document.body.dataset.item ?? ''";
    await whenTrue(this.page, `(${shown}) !== ''`);
    const item = await say(this.page, shown);
    while ((await say(this.page, shown)) === item)
      await this.page.keyboard.press(KEYS[this.answers % KEYS.length]!);
    this.answers++;
  }

  /** Answers what the page has loaded, up to a number: a server that is away gives it no more. */
  async answerLoaded(count: number): Promise<void> {
    for (let i = 0; i < count && (await say(this.page, "document.body.dataset.item ?? ''")) !== ''; i++)
      await this.answer();
  }

  /** All that was answered is saved, for all that the page knows. */
  async settle(): Promise<void> {
    await whenTrue(this.page, "document.body.dataset.waiting === '0'");
  }
}

test('two people answer by keyboard while the server is killed again and again: all is in the file, and once', async (t) => {
  const browser = await startBrowser(t);
  if (!browser) return;
  const folder = await makeFolder(t);
  const feedback = join(folder, 'taste.jsonl');
  const source = await writePhotos(folder, 40);
  const server = new KilledServer(await freePort(), [source, '--feedback', feedback]);
  t.teardown(() => server.kill());
  await server.start();
  const windows = [
    await Window.open(browser, server.url, 'ada'),
    await Window.open(browser, server.url, 'bob'),
  ];
  const each = (work: (window: Window) => Promise<void>): Promise<unknown> => Promise.all(windows.map(work));
  for (let round = 0; round <= KILLS; round++) {
    const most = Math.ceil((ANSWERS * (round + 1)) / (KILLS + 1) / windows.length);
    await each(async (window) => {
      while (window.answers < most) await window.answer();
    });
    if (round === KILLS) break;
    // While answers are on their way.
    await Promise.all([each((window) => window.answerLoaded(1)), server.kill()]);
    await each((window) => window.answerLoaded(2));
    await server.start();
  }
  for (const window of windows) await window.settle();
  const { answers, counts } = await readAnswers([feedback]);
  const given = windows.reduce((sum, window) => sum + window.answers, 0);
  t.true(given >= ANSWERS);
  t.is(answers.length, given);
  t.deepEqual([counts.repeated, counts.retracted], [0, 0]);
  t.true(counts.problems.list().every(({ problem }) => problem === 'cut'));
  const ids = new Set(answers.map(({ id }) => id));
  for (const { acknowledged, answers: own } of windows) {
    t.true(acknowledged.size <= own && acknowledged.size > 0);
    t.deepEqual(
      [...acknowledged].filter((id) => !ids.has(id)),
      [],
    );
  }
  t.deepEqual(
    ['ada', 'bob'].map((name) => answers.filter(({ rater }) => rater === name).length),
    windows.map((window) => window.answers),
  );
});

/** Opens the page of a mode over some photos, ready to be answered. */
async function openMode(
  t: ExecutionContext,
  browser: Browser,
  mode: 'pair' | 'rating' | 'keep',
  view: Parameters<Browser['newContext']>[0],
): Promise<Page> {
  const folder = await makeFolder(t);
  const source = await writePhotos(folder, 4);
  const { rate } = await serveRate(t, { source, feedback: join(folder, 'taste.jsonl'), mode, rater: 'ada' });
  const context = await browser.newContext({ ...view, bypassCSP: true });
  const page = await context.newPage();
  page.on('request', (request) => t.is(new URL(request.url()).port, String(rate.port)));
  page.on('pageerror', (error) => t.fail(error.message));
  await page.goto(rate.url);
  await whenTrue(page, "(document.body.dataset.item ?? '') !== ''");
  return page;
}

test('axe finds nothing on the page of any mode, wide and light or narrow and dark, with captions and the list of keys', async (t) => {
  const browser = await startBrowser(t);
  if (!browser) return;
  for (const [mode, view] of [
    ['pair', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' }],
    ['rating', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
    ['keep', { viewport: { width: 768, height: 1024 }, colorScheme: 'dark' }],
    ['pair', { viewport: { width: 390, height: 844 }, colorScheme: 'light' }],
  ] as const) {
    const page = await openMode(t, browser, mode, view);
    await page.keyboard.press('c');
    t.deepEqual(await axeFindings(page), [], mode);
    await page.keyboard.press('?');
    await whenTrue(page, "document.getElementById('keys').open");
    t.deepEqual(await axeFindings(page), [], `${mode}, keys`);
    t.true(Number(await say(page, 'document.documentElement.scrollWidth')) <= view.viewport.width);
    await page.context().close();
  }
});

test('what goes wrong behind the page is said on it until it is mended, on a phone too', async (t) => {
  const browser = await startBrowser(t);
  if (!browser) return;
  const folder = await makeFolder(t);
  const source = await writePhotos(folder, 8);
  const sentence = 'The questions could not be chosen anew (BB_INPUT_EMPTY): they go on as they were.';
  let trouble: string | undefined = sentence;
  const { rate } = await serveRate(t, {
    ...{ source, feedback: join(folder, 'taste.jsonl'), rater: 'ada', trouble: () => trouble },
  });
  const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
  await page.goto(rate.url);
  await whenTrue(page, `document.getElementById('trouble').textContent === ${JSON.stringify(sentence)}`);
  const isCut =
    "(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)(document.getElementById('trouble'))";
  t.false(await say(page, isCut));
  trouble = undefined;
  await whenTrue(page, "(document.body.dataset.item ?? '') !== ''");
  const item = await say(page, 'document.body.dataset.item');
  while ((await say(page, 'document.body.dataset.item')) === item) await page.keyboard.press('ArrowLeft');
  await whenTrue(page, "document.getElementById('trouble').textContent === ''");
});

test('captions are text, undo brings the pair back, a key can be another, and holding a picture is no answer', async (t) => {
  const browser = await startBrowser(t);
  if (!browser) return;
  const page = await openMode(t, browser, 'pair', { viewport: { width: 1000, height: 700 } });
  const item = (): Promise<unknown> => say(page, 'document.body.dataset.item');
  const saved = (count: number): Promise<void> =>
    whenTrue(
      page,
      `document.body.dataset.waiting === '0' && document.getElementById('answers').textContent === '${count}'`,
    );
  const captions = new Set<unknown>();
  const look = async (): Promise<void> => {
    const texts = await say(
      page,
      "[...document.querySelectorAll('figcaption')].map((node) => node.textContent)",
    );
    for (const text of texts as string[]) captions.add(text);
  };
  await look();
  /** Presses a key until it has answered: what comes at once after a pair was meant for the one before. */
  const answerBy = async (key: string): Promise<void> => {
    const before = await item();
    while ((await item()) === before) await page.keyboard.press(key);
  };
  const first = await item();
  await answerBy('ArrowLeft');
  await saved(1);
  await look();
  await page.keyboard.press('z');
  await whenTrue(page, `document.body.dataset.item === '${String(first)}'`);
  await saved(0);

  // Held, the picture is looked at; clicked, it is the better one.
  await page.mouse.move(700, 300);
  await page.mouse.down();
  await whenTrue(page, "document.querySelectorAll('.frame.close').length === 1");
  await page.mouse.up();
  t.is(await item(), first);
  // A click of the mouse could be as slow as a look, on a busy machine.
  await say(page, "document.querySelectorAll('.frame')[1].click()");
  await saved(1);
  await page.keyboard.down(' ');
  await whenTrue(page, "document.querySelectorAll('.frame.close').length === 2");
  await page.keyboard.up(' ');
  await whenTrue(page, "document.querySelectorAll('.frame.close').length === 0");

  await page.keyboard.press('?');
  await page.click('#key-list [data-name="tie"]');
  await page.keyboard.press('e');
  await page.keyboard.press('Escape');
  const before = await item();
  await page.keyboard.press('ArrowDown');
  t.is(await item(), before);
  await answerBy('e');
  await saved(2);
  while (!captions.has(HOSTILE.replace('\u202e', '\\u202e'))) {
    await answerBy('e');
    await look();
  }
  t.regex(String(await say(page, 'document.title')), /^aesthetic \u2013 photos/);
  t.is(await say(page, "document.querySelectorAll('figcaption *').length"), 0);
});
