import test from 'ava';
import { axeFindings, say, startBrowser, whenTrue } from '../helpers/browser.ts';
import { serveRows, type WrittenRow } from './world.ts';

const HOSTILE =
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>\u202egnp.exe';

/** Enough for a grid that is higher than the window. */
const ROWS: readonly WrittenRow[] = [
  { path: 'a.jpg', caption: HOSTILE, url: 'javascript:document.title="owned"', aesthetic: 9 },
  ...Array.from({ length: 149 }, (_, i) => ({
    path: 'a.jpg',
    caption: `picture ${i}`,
    aesthetic: 8 - i / 50,
    ...(i % 3 === 0 && { droppedBy: 'aesthetic' }),
  })),
  { url: 'https://example.org/gone.jpg', reason: 'http_not_found' },
];

const active = "document.querySelector('.cell.active .caption').textContent";

test('the page shows a grid, follows the keyboard, takes captions for text, and asks nobody else', async (t) => {
  const browser = await startBrowser(t);
  if (!browser) return;
  const { browse } = await serveRows(t, ROWS);
  for (const view of [
    { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
    { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  ] as const) {
    const context = await browser.newContext(view);
    const page = await context.newPage();
    const others: string[] = [];
    const faults: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(`http://127.0.0.1:${browse.port}/`)) others.push(request.url());
    });
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => faults.push(message.text()));
    await page.goto(browse.url);
    await whenTrue(page, "document.querySelectorAll('.cell.seen').length > 3");
    t.is(await say(page, 'location.search'), '', 'the token stands in the address no longer');
    t.is(await say(page, "document.getElementById('count').textContent"), '151 rows');
    t.true(Number(await say(page, "document.querySelectorAll('.cell').length")) < 80);

    // The row with the hostile caption is the best of all.
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await whenTrue(page, "document.querySelectorAll('.fields > div').length > 10");
    await whenTrue(page, "document.querySelector('.large img')?.naturalWidth === 96");
    t.is(await say(page, 'document.title'), 'run \u2013 bowerbird');
    t.is(
      await say(page, "document.querySelector('.full-caption').textContent"),
      HOSTILE.replace('\u202e', '\\u202e'),
    );
    t.is(await say(page, "document.querySelectorAll('#panel a, #panel script').length"), 0);

    // What is open follows the keyboard; the end and the start are a key away.
    await page.keyboard.press('ArrowRight');
    await whenTrue(page, "document.querySelector('.full-caption')?.textContent === 'picture 0'");
    await page.keyboard.press('Escape');
    await page.keyboard.press('End');
    await whenTrue(page, `document.querySelector('.cell.active .fate')?.textContent === 'http not found'`);
    await page.keyboard.press('Home');
    await whenTrue(page, `document.querySelector('.cell.active') !== null && ${active}.startsWith('<img')`);
    t.is(await say(page, "document.activeElement.className.includes('active')"), true);

    await page.keyboard.press('/');
    await page.keyboard.type('picture 14');
    await whenTrue(page, "document.getElementById('count').textContent === '11 of 151 rows'");
    t.is(await say(page, 'location.hash'), '#sort=aesthetic&text=picture+14');

    t.deepEqual(faults, []);
    t.deepEqual(others, []);
    t.true(Number(await say(page, 'document.documentElement.scrollWidth')) <= view.viewport.width);
    await context.close();
  }
});

test('axe finds nothing on the page, with a picture open and without, wide and light or narrow and dark', async (t) => {
  const browser = await startBrowser(t);
  if (!browser) return;
  const { browse } = await serveRows(t, ROWS);
  for (const view of [
    { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
    { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  ] as const) {
    const context = await browser.newContext({ ...view, bypassCSP: true });
    const page = await context.newPage();
    await page.goto(browse.url);
    await whenTrue(page, "document.querySelectorAll('.cell.seen').length > 3");
    for (const isOpen of [false, true]) {
      if (isOpen) await page.keyboard.press('Enter');
      if (isOpen) await whenTrue(page, "document.querySelectorAll('.fields > div').length > 10");
      t.deepEqual(await axeFindings(page), [], `${view.viewport.width}, ${isOpen}`);
    }
    await context.close();
  }
});
