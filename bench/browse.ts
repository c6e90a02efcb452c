// A page over a run of a million rows: CPU time of the server until it has something to show, of sorting, filtering and searching, and its memory; then, where
// Chromium is installed (or CHROMIUM names it), first paint, scrolling, filters and orders in the page itself, wide and light and narrow and dark.
// Run: npx tsc; node .build/bench/browse.js [--rows 1000000] [--screenshots FOLDER]
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chromiumPath } from '../test/helpers/chromium.ts';
import { BrowsedCommand } from './support/browsed-command.ts';
import { BrowsedPage, type BrowserView } from './support/browsed-page.ts';
import { makeBrowsedRun } from './support/browsed-run.ts';
import { median } from './support/median.ts';
import { table } from './support/table.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

const ROUNDS = 5;
/** In a window of 1280 by 900. */
const PICTURES = 28;
const QUERIES = {
  'the best': 'sort=aesthetic',
  'the worst of the kept': 'sort=aesthetic&ascending&fate=kept',
  'two ranges': 'sort=pwatermark&least-aesthetic=5.2&most-punsafe=0.31',
  'a word': 'sort=aesthetic&text=harbour',
  'far down': 'sort=aesthetic&from=600000',
} as const;

const VIEWS: readonly BrowserView[] = [
  { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
  { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
];

const { values: flags } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, screenshots: { type: 'string' } },
});

async function lookAt(server: BrowsedCommand, executablePath: string, view: BrowserView): Promise<void> {
  const { viewport, colorScheme } = view;
  const page = await BrowsedPage.launch(executablePath, server.url, view);
  try {
    const opened = await page.open(server.url);
    const steps = [['all pictures in the window', opened] as const, ...(await page.steps())];
    console.log(
      `\n${viewport.width} x ${viewport.height}, ${colorScheme}: first paint after ${opened.firstPaintMs.toFixed(0)} ms`,
    );
    console.log(
      table(
        ['', 'ms', 'CPU ms'],
        steps.map(([name, { wallMs, cpuMs }]) => [name, wallMs.toFixed(0), cpuMs.toFixed(0)]),
      ),
    );
    if (flags.screenshots) await page.photograph(flags.screenshots, `${viewport.width}-${colorScheme}`);
  } finally {
    await page.close();
  }
}

await inTemporaryFolder(async (folder) => {
  const run = await makeBrowsedRun(folder, Number(flags.rows));
  const server = await BrowsedCommand.start(run);
  try {
    process.stdout.write(
      `${flags.rows} rows: scores read after ${server.scoresCpuMs} ms of CPU time of the server, `,
    );
    const { firstMs, allMs } = await server.firstPictures(PICTURES);
    process.stdout.write(
      `with decoders the first picture after ${firstMs} ms, ${PICTURES} after ${allMs} ms, `,
    );
    process.stdout.write(`captions after ${await server.allRead()} ms of the server\n`);
    for (const [name, query] of Object.entries(QUERIES)) {
      const costs: number[] = [];
      // Every round asks for another view, but for its name.
      for (let round = 0; round < ROUNDS; round++) {
        costs.push(await server.cpuMsOf(`/rows?${query}&count=60&least-aesthetic=${1 + round / 1e6}`));
      }
      const again = await server.cpuMsOf(`/rows?${query}&count=60&least-aesthetic=1`);
      process.stdout.write(
        `${name}: ${median(costs).toFixed(0)} ms of CPU time, once more ${again.toFixed(0)} ms\n`,
      );
    }
    if (flags.screenshots) mkdirSync(flags.screenshots, { recursive: true });
    if (chromiumPath === undefined)
      console.log(
        'No Chromium is installed (or set CHROMIUM to its path): the page itself is not looked at.',
      );
    else for (const view of VIEWS) await lookAt(server, chromiumPath, view);
    process.stdout.write(`memory of the server: ${server.residentMb()} MB, at most ${server.peakMb()} MB\n`);
  } finally {
    await server.stop();
  }
});
