import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { AskedMode } from '../../src/feedback/queue-items.ts';
import { axeFindings, say, startBrowser, whenTrue } from '../helpers/browser.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { serveRate, writePhotos } from './world.ts';

/** Phones held sideways, with what browsers leave of their screens. */
const SIDEWAYS = { large: { width: 844, height: 390 }, small: { width: 667, height: 375 } } as const;

/** Opens a page as a phone does, ready to be answered. */
async function openOnPhone(
  t: ExecutionContext,
  browser: Browser,
  mode: AskedMode,
  viewport: { readonly width: number; readonly height: number },
): Promise<{ readonly page: Page; readonly context: BrowserContext }> {
  const folder = await makeFolder(t);
  const source = await writePhotos(folder, 4);
  const { rate } = await serveRate(t, { source, feedback: join(folder, 'taste.jsonl'), mode, rater: 'ada' });
  const context = await browser.newContext({ viewport, hasTouch: true, isMobile: true, bypassCSP: true });
  const page = await context.newPage();
  page.on('pageerror', (error) => t.fail(error.message));
  await page.goto(rate.url);
  await whenTrue(page, "(document.body.dataset.item ?? '') !== ''");
  return { page, context };
}

/** Names of buttons that are wholly on the screen, and covered by nothing. */
const REACHABLE = `[...document.querySelectorAll('button[data-action]')].filter((node) => {
  const { left, top, right, bottom, width, height } = node.getBoundingClientRect();
  if (width < 24 || height < 24 || left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) return false;
  return node.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
}).map((node) => node.dataset.action)`;

const item = (page: Page): Promise<unknown> => say(page, 'document.body.dataset.item');

/** Touches a button until the page does what is expected: what comes at once is taken for the item before. */
async function touch(page: Page, action: string, expected: string): Promise<void> {
  await page.waitForTimeout(100);
  await page.tap(`.controls [data-action="${action}"], .choices [data-action="${action}"]`);
  await whenTrue(page, expected);
}

test('on a phone held sideways each button is on the screen, and undo, captions, keys and half steps go by touch', async (t) => {
  const browser = await startBrowser(t);
  if (!browser) return;
  for (const [mode, viewport] of [
    ['pair', SIDEWAYS.large],
    ['pair', SIDEWAYS.small],
    ['rating', SIDEWAYS.small],
  ] as const) {
    const { page, context } = await openOnPhone(t, browser, mode, viewport);
    const names = (await say(page, REACHABLE)) as string[];
    const answers = { pair: ['left', 'much-right', 'skip'], rating: ['rate-0', 'rate-10'] };
    for (const name of ['undo', 'captions', 'keys', ...answers[mode]])
      t.true(names.includes(name), `${mode} at ${viewport.width}: ${name} is none of ${names.join()}`);
    if (mode === 'rating') {
      await touch(page, 'halves', "document.body.classList.contains('with-halves')");
      t.true(((await say(page, REACHABLE)) as string[]).includes('rate-9.5'));
    }
    const first = await item(page);
    await touch(page, 'skip', `document.body.dataset.item !== '${String(first)}'`);
    await touch(page, 'undo', `document.body.dataset.item === '${String(first)}'`);
    await touch(page, 'captions', "document.body.classList.contains('with-captions')");
    t.deepEqual(await axeFindings(page), [], mode);
    await touch(page, 'keys', "document.getElementById('keys').open");
    t.true(Number(await say(page, 'document.documentElement.scrollWidth')) <= viewport.width);
    await context.close();
  }
});

test('two fingers that spread look closely and answer nothing; a touch afterwards answers', async (t) => {
  const browser = await startBrowser(t);
  if (!browser) return;
  for (const mode of ['pair', 'rating'] as const) {
    const { page, context } = await openOnPhone(t, browser, mode, { width: 390, height: 844 });
    const chrome = await context.newCDPSession(page);
    const { x, y, width, height } = (await page.locator('.frame').first().boundingBox())!;
    const [middleX, middleY] = [x + width / 2, y + height / 2];
    /** Two fingers so far from each other. */
    const fingers = (apart: number) => [
      { id: 0, x: middleX - apart / 2, y: middleY },
      { id: 1, x: middleX + apart / 2, y: middleY },
    ];
    const send = (
      type: 'touchStart' | 'touchMove' | 'touchEnd',
      touchPoints: readonly { id: number; x: number; y: number }[],
    ): Promise<unknown> => chrome.send('Input.dispatchTouchEvent', { type, touchPoints: [...touchPoints] });
    const scale = "Number(document.querySelector('.frame.close')?.style.getPropertyValue('--scale') ?? 1)";
    const first = await item(page);
    await send('touchStart', fingers(60).slice(0, 1));
    await send('touchStart', fingers(60));
    await send('touchMove', fingers(120));
    await whenTrue(page, `Math.abs(${scale} - 2) < 0.05`);
    await send('touchMove', fingers(180));
    await whenTrue(page, `Math.abs(${scale} - 3) < 0.05`);
    // The page itself stays as large as it is.
    t.is(await say(page, 'visualViewport.scale'), 1);
    await send('touchEnd', fingers(180).slice(0, 1));
    await send('touchEnd', []);
    await whenTrue(page, "document.querySelector('.frame.close') === null");
    // Longer than an answer waits for the picture before.
    await page.waitForTimeout(150);
    t.is(await item(page), first, mode);
    t.is(await say(page, "document.getElementById('answers').textContent"), '0');
    if (mode === 'pair') await page.tap('.frame');
    else await page.tap('[data-action="rate-7"]');
    await whenTrue(page, "document.getElementById('answers').textContent === '1'");
    await context.close();
  }
});
