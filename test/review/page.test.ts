import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Page } from 'playwright-core';
import { writePictures, writeRun } from '../browse/world.ts';
import { axeFindings, say, startBrowser, whenTrue } from '../helpers/browser.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { addPhashes, decided, serveReview } from './world.ts';

const ITEMS_ASKED =
  "performance.getEntriesByType('resource').filter(({ name }) => name.includes('/items')).length";

const HOSTILE = '<img src=x onerror=alert(1)>\u202egnp';

test('what another has kept, and what is near to it, goes from the line of a page that holds it', async (t) => {
  const browser = await startBrowser(t);
  if (!browser) return;
  const folder = await makeFolder(t);
  const names = ['a', 'b', 'c', 'd'];
  const run = await writeRun(
    folder,
    names.map((name, i) => ({ path: `${name}.jpg`, hash: BigInt(i), aesthetic: 9 - i })),
  );
  await writePictures(
    folder,
    names.map((name) => `${name}.jpg`),
  );
  await addPhashes(run, [0n, -1n, -2n, 0xffffn]);
  const served = await serveReview(t, { source: run, outputFolder: join(folder, 'kept') });
  const page = await (await browser.newContext()).newPage();
  await page.goto(served.review.url);
  await whenTrue(page, "document.getElementById('who').open");
  await page.keyboard.type('bob');
  await page.keyboard.press('Enter');
  await whenTrue(page, "document.getElementById('file').textContent === 'a.jpg'");
  await whenTrue(
    page,
    "performance.getEntriesByType('resource').filter(({ name }) => name.includes('/pictures/')).length === 4",
  );
  // b, to which c is near.
  const items = await served.items(10);
  await served.save(decided(items[1]!, 'a1'));
  const before = Number(await say(page, ITEMS_ASKED));
  await whenTrue(page, `${ITEMS_ASKED} > ${before + 1}`);
  t.is(await say(page, "document.getElementById('file').textContent"), 'a.jpg');
  await page.keyboard.press('ArrowLeft');
  await whenTrue(page, "document.getElementById('file').textContent === 'd.jpg'");
});

test('the keyboard keeps, leaves, renames and takes back, and what is near to what is kept does not come', async (t) => {
  const browser = await startBrowser(t);
  if (!browser) return;
  const folder = await makeFolder(t);
  const run = await writeRun(
    folder,
    ['a', 'b', 'c', 'd', 'e'].map((name, i) => ({
      path: `${name}.jpg`,
      hash: BigInt(i),
      aesthetic: 9 - i,
      ...(i === 2 && { caption: HOSTILE }),
    })),
  );
  await writePictures(folder, ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg', 'e.jpg']);
  await addPhashes(run, [0n, 1n, -1n, 0xffffn, 0xff00ffn]);
  const kept = join(folder, 'kept');
  const { review } = await serveReview(t, { source: run, outputFolder: kept, rater: 'ada' });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page: Page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => faults.push(message.text()));
  await page.goto(review.url);
  const shows = (name: string): Promise<void> =>
    whenTrue(
      page,
      `document.getElementById('file').textContent === ${JSON.stringify(name)} && !document.body.classList.contains('waiting')`,
    );
  const press = async (key: string): Promise<void> => {
    // An answer that comes at once is taken for one to the picture before.
    await page.waitForTimeout(100);
    await page.keyboard.press(key);
  };
  await shows('a.jpg');
  await press('ArrowRight');
  // b is near to a.
  await shows('c.jpg');
  // The server has settled b by now, and has said so; what is taken back brings it back.
  const asked = Number(await say(page, ITEMS_ASKED));
  await whenTrue(page, `${ITEMS_ASKED} > ${asked + 1}`);
  await press('z');
  await shows('a.jpg');
  await press('ArrowLeft');
  await shows('b.jpg');
  await press('r');
  await page.keyboard.type('../my b');
  await whenTrue(page, "document.getElementById('renamed-file').textContent === '_my b.jpg'");
  await page.keyboard.press('Enter');
  await shows('_my b.jpg');
  await press('ArrowRight');
  await shows('c.jpg');
  await whenTrue(page, "document.getElementById('said').textContent === 'Kept as _my b.jpg.'");
  t.deepEqual(
    (await readdir(kept)).filter((name) => name.endsWith('.jpg')),
    ['_my b.jpg'],
  );
  t.deepEqual(await readFile(join(kept, '_my b.jpg')), await readFile(join(folder, 'pictures', 'b.jpg')));
  const bare = await (
    await browser.newContext({ viewport: { width: 390, height: 844 }, bypassCSP: true })
  ).newPage();
  await bare.goto(review.url);
  await whenTrue(bare, "document.querySelector('.frame img') !== null");
  t.true(Number(await say(bare, 'document.documentElement.scrollWidth')) <= 390);
  t.deepEqual(await axeFindings(bare), []);
  // On a phone that is held sideways, a touch renames.
  await bare.setViewportSize({ width: 667, height: 375 });
  await bare.click('.controls [data-action="rename"]');
  await whenTrue(bare, "document.getElementById('rename').open");
  const shots = process.env['BOWERBIRD_SHOTS'];
  if (shots) {
    await press('c');
    await page.screenshot({ path: join(shots, 'review-1280.png') });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: join(shots, 'review-390.png') });
    await press('r');
    await page.screenshot({ path: join(shots, 'review-390-rename.png') });
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 1280, height: 800 });
  }
  for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowLeft']) {
    await whenTrue(page, "!document.body.classList.contains('waiting')");
    await press(key);
  }
  await whenTrue(page, "document.getElementById('note').textContent.startsWith('That was all')");
  t.deepEqual(faults, []);
});
