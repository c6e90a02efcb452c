import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { sharp } from '../../src/decode/sharp-library.ts';
import type { SampleName } from '../../src/feedback/answer.ts';
import type { PageItem, PageItems, PageSaved } from '../../src/rate/page-data.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { runCli, startCommand } from '../helpers/run-cli.ts';
import { until } from '../helpers/until.ts';
import { readPage } from './pages.ts';

const MADE_PICTURES = 80;
const PAIRS = 200;
/** Real photographs that lie beside the project on some machines. */
const PHOTOS = join(packageFolder, '..', 'shared', 'photos');

/** The commands of the page, in their order. */
const COMMANDS = [...readPage('docs/taste.md').text.matchAll(/^```sh\n([^`]*)^```$/gm)].flatMap(([, block]) =>
  block!.trim().replaceAll('\\\n', ' ').split('\n'),
);

/** What a command needs in a test: any port, and one process for what it does. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  rate: ['--port', '0'],
  review: ['--port', '0'],
  'score photos': ['--processes-count', '1'],
};

function argsOf(command: string): string[] {
  const args = command.trim().split(/\s+/).slice(1);
  return [...args, ...(MORE[args[0]!] ?? MORE[args.slice(0, 2).join(' ')] ?? [])];
}

/** Writes the pictures, and says how much somebody likes each who likes them warm: how much redder than blue it is, from its pixels. */
async function writePictures(t: ExecutionContext, folder: string): Promise<ReadonlyMap<string, number>> {
  await mkdir(folder);
  for (let seed = 0; seed < MADE_PICTURES; seed++)
    await writeFile(join(folder, `made-${String(seed).padStart(2, '0')}.jpg`), await makePicture(seed));
  const photos = await readdir(PHOTOS).catch(() => []);
  if (photos.length === 0) t.log(`There are no photographs in ${PHOTOS}: made pictures alone are looked at.`);
  for (const name of photos.filter((one) => one.endsWith('.jpg')))
    await copyFile(join(PHOTOS, name), join(folder, `photo-${name}`));
  const liking = new Map<string, number>();
  for (const name of await readdir(folder)) {
    const { channels } = await sharp(join(folder, name)).stats();
    liking.set(name, channels[0]!.mean - channels[2]!.mean);
  }
  return liking;
}

/** A page of a command, as somebody's browser talks to it. */
class Visit {
  readonly #origin: string;
  readonly #token: string;

  constructor(url: string) {
    const { origin, searchParams } = new URL(url);
    this.#origin = origin;
    this.#token = searchParams.get('token')!;
  }

  async items(count: number): Promise<readonly PageItem[]> {
    const query = new URLSearchParams({ rater: 'ada', count: String(count), token: this.#token });
    return ((await (await fetch(`${this.#origin}/items?${query}`)).json()) as PageItems).items;
  }

  async answer(
    answers: readonly (readonly [PageItem, string | number])[],
    asked: object,
  ): Promise<PageSaved> {
    const records = answers.map(([{ samples, seed, swapped, queue }, answer]) => {
      const [first, second] = samples.map(({ name }) => name);
      const about = second ? { left: first, right: second, seed, swapped, queue } : { sample: first };
      const id = randomUUID();
      return { id, answer, ...asked, ...about, rater: 'ada', time: '2026-05-01T10:00:00.000Z', took_ms: 900 };
    });
    const response = await fetch(`${this.#origin}/answers?token=${this.#token}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.#origin },
      body: JSON.stringify({ records }),
    });
    return (await response.json()) as PageSaved;
  }
}

/** Runs a command that serves a page, lets somebody visit it, and ends it. */
async function visiting(
  t: ExecutionContext,
  command: string,
  visit: (page: Visit) => Promise<void>,
): Promise<void> {
  const running = startCommand(argsOf(command));
  await until(() => Promise.resolve(running.hasEnded() || running.stderr().includes('Ctrl-C ends it.')));
  const [, url] = / open (\S+)/.exec(running.stderr()) ?? [];
  if (url) await visit(new Visit(url));
  process.kill(await running.pid, 'SIGTERM');
  const { exitCode, stderr } = await running.ended;
  t.is(exitCode, 0, `${command}\n${stderr}`);
}

/** Of all pairs whose first numbers differ, the share whose second numbers differ in the same direction. */
function concordance(points: readonly (readonly [number, number])[]): number {
  let [alike, all] = [0, 0];
  for (const [a, b] of points)
    for (const [otherA, otherB] of points) {
      if (a <= otherA) continue;
      all++;
      if (b > otherB) alike++;
    }
  return alike / all;
}

test('the way from a folder of pictures to a subset by one\u2019s own taste: a taste that nobody tells the heads is found by them', async (t) => {
  const folder = await makeFolder(t);
  const home = process.cwd();
  t.teardown(() => process.chdir(home));
  process.chdir(folder);
  const liking = await writePictures(t, 'photos');
  const inOrder = [...liking.values()].sort((a, b) => a - b);
  const ratingOf = (liked: number): number =>
    Math.round((20 * inOrder.indexOf(liked)) / (inOrder.length - 1)) / 2;
  const likingByKey = new Map<string, number>();
  const liked = ({ key }: SampleName): number => likingByKey.get(key!)!;
  const printed = new Map<string, string>();

  const visits: Readonly<Record<string, (page: Visit) => Promise<void>>> = {
    'rate pair': async (page) => {
      const asked = { question: 'aesthetic', mode: 'pair' };
      for (let answered = 0; answered < PAIRS; ) {
        const items = await page.items(20);
        // A queue has an end.
        if (items.length === 0) break;
        const answers = items.map((item): readonly [PageItem, string] => {
          const [left, right] = item.samples.map(({ name }) => liked(name));
          return [item, left! > right! ? 'left' : 'right'];
        });
        const { results } = await page.answer(answers, asked);
        t.true(results.every((result) => result === 'saved'));
        answered += results.length;
      }
    },
    'rate rating': async (page) => {
      const asked = { question: 'aesthetic', mode: 'rating' };
      for (let items = await page.items(20); items.length > 0; items = await page.items(20)) {
        const answers = items.map((item) => [item, ratingOf(liked(item.samples[0]!.name))] as const);
        t.true((await page.answer(answers, asked)).results.every((result) => result === 'saved'));
        if (answers.length < 20) break;
      }
    },
    review: async (page) => {
      const [first, second, third] = await page.items(3);
      const answers = [
        [first!, 'keep'],
        [second!, 'leave'],
        [third!, 'keep'],
      ] as const;
      const { said = {} } = await page.answer(answers, { question: 'keep', mode: 'keep' });
      t.is(Object.keys(said).length, 2);
    },
  };

  for (const command of COMMANDS) {
    t.true(command.startsWith('bowerbird '), command);
    const [, name] = command.split(/\s+/);
    const kind = name === 'rate' ? `rate ${/--mode (\w+)/.exec(command)?.[1] ?? 'pair'}` : name!;
    if (visits[kind]) {
      await visiting(t, command, visits[kind]);
      continue;
    }
    const json = name === 'evaluate' ? ['--json'] : [];
    const { exitCode, stdout, stderr } = await runCli([...argsOf(command), ...json]);
    t.is(exitCode, 0, `${command}\n${stderr}`);
    printed.set(name!, stdout);
    if (likingByKey.size === 0) {
      for (const { key, path } of await readParquet('scored/tags/00000.parquet'))
        likingByKey.set(key as string, liking.get(path as string)!);
    }
  }
  t.is(likingByKey.size, liking.size);

  // The cut: how many of it are among as many that are liked best, beside what drawing by chance gives.
  const [part] = (await readdir('best')).filter((name) => name.endsWith('.parquet'));
  const cut = (await readParquet(join('best', part!))).map(({ path }) => path as string);
  const best = [...liking].sort(([, a], [, b]) => b - a).slice(0, cut.length);
  const hits = best.filter(([name]) => cut.includes(name)).length;
  const share = cut.length / liking.size;
  const deviation = Math.sqrt((cut.length * share * (1 - share) ** 2 * liking.size) / (liking.size - 1));
  t.true(cut.length >= 10 && share < 0.6, String(cut.length));
  t.true(hits > cut.length * share + 5 * deviation, `${hits} of ${cut.length}`);

  // How often a head puts the one of two pictures above that is liked better; of heads by chance five standard deviations reach there (Kendall 1938).
  const count = liking.size;
  const byChance = 0.5 + 2.5 * Math.sqrt((2 * (2 * count + 5)) / (9 * count * (count - 1)));
  const pairs = ['--aesthetic-head', 'taste-of-pairs/head.safetensors', '--output-folder', 'by-pairs'];
  const { exitCode, stderr } = await runCli(['score', 'scored', '--input-format', 'embeddings', ...pairs]);
  t.is(exitCode, 0, stderr);
  for (const run of ['again', 'by-pairs']) {
    const scores = await readParquet(join(run, 'tags', '00000.parquet'));
    const share = concordance(
      scores.map(({ path, aesthetic }) => [liking.get(path as string)!, aesthetic as number]),
    );
    t.true(share > byChance, `${run}: ${share}`);
  }

  // Of pictures that no head has learned from.
  const { parts } = JSON.parse(printed.get('evaluate')!) as {
    parts: { mode: string; heads: { name: string; figures: Record<string, { value: number }> }[] }[];
  };
  const { heads } = parts.find(({ mode }) => mode === 'rating')!;
  const [own, , builtin] = heads.map(({ figures }) => figures['spearman']!.value);
  t.true(own! > 0.5 && own! > builtin!, `${own} ${builtin}`);

  // What was kept is the very file.
  const kept = (await readdir('kept')).filter((name) => name.endsWith('.jpg'));
  t.is(kept.length, 2);
  for (const name of kept) {
    t.true(cut.includes(name));
    t.deepEqual(await readFile(join('kept', name)), await readFile(join('photos', name)));
  }
});
