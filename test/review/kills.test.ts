import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { readAnswers } from '../../src/feedback/answers.ts';
import type { PageItem, PageItems, PageSaved } from '../../src/rate/page-data.ts';
import { writePictures, writeRun } from '../browse/world.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { type RunningCli, startCli } from '../helpers/run-cli.ts';
import { until } from '../helpers/until.ts';
import { decided, undone } from './world.ts';

const PICTURES = 24;
const TOKEN = 'a-token-of-tests';
/** So many answers are saved before each kill, which comes while others are on their way. */
const SAVED_BEFORE_KILLS = [2, 5, 3] as const;

/** The command, at whatever port it gets. */
class KilledReview {
  readonly #args: readonly string[];
  #cli: RunningCli | undefined;
  #origin = '';

  constructor(run: string, kept: string) {
    this.#args = ['review', run, '--output-folder', kept, '--rater', 'ada', '--token', TOKEN, '--port', '0'];
  }

  async start(): Promise<void> {
    const cli = startCli(this.#args, { isDoomed: true });
    this.#cli = cli;
    await until(async () => {
      if (cli.process.exitCode !== null) throw new Error(cli.stderr());
      return cli.stderr().includes('Ctrl-C ends it.');
    });
    this.#origin = new URL(/ open (\S+)/.exec(cli.stderr())![1]!).origin;
  }

  async kill(): Promise<void> {
    this.#cli?.process.kill('SIGKILL');
    await this.#cli?.ended;
  }

  async items(): Promise<readonly PageItem[]> {
    const answer = await fetch(`${this.#origin}/items?rater=ada&count=20&token=${TOKEN}`);
    return ((await answer.json()) as PageItems).items;
  }

  async save(record: unknown): Promise<PageSaved> {
    const answer = await fetch(`${this.#origin}/answers?token=${TOKEN}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.#origin },
      body: JSON.stringify({ records: [record] }),
    });
    return (await answer.json()) as PageSaved;
  }
}

test('killed while pictures are kept, review has each that it called saved, once and to the byte, and touches nothing else', async (t) => {
  const folder = await makeFolder(t);
  const names = Array.from({ length: PICTURES }, (_, i) => `p${String(i).padStart(2, '0')}.jpg`);
  const run = await writeRun(
    folder,
    names.map((path, i) => ({ path, hash: BigInt(100 + i), aesthetic: 9 - i / 10 })),
  );
  await writePictures(folder, names);
  const kept = join(folder, 'kept');
  await mkdir(kept);
  // Somebody's own, under the name of the second best.
  await writeFile(join(kept, 'p01.jpg'), 'mine');
  const server = new KilledReview(run, kept);
  t.teardown(() => server.kill());
  await server.start();
  const called = new Map<string, string>();
  const unheard = new Map<string, Readonly<Record<string, unknown>>>();
  const send = async (record: Readonly<Record<string, unknown>>): Promise<void> => {
    const id = record['id'] as string;
    unheard.set(id, record);
    const { results } = await server.save(record);
    if (typeof results[0] !== 'string') t.fail(JSON.stringify(results));
    called.set(id, results[0] as string);
    unheard.delete(id);
  };
  let count = 0;
  for (const saved of [...SAVED_BEFORE_KILLS, Number.POSITIVE_INFINITY]) {
    const isLast = saved === Number.POSITIVE_INFINITY;
    const items = (await server.items()).slice(0, isLast ? 3 : saved + 4);
    for (const item of items.slice(0, saved)) await send(decided(item, `k${count++}`));
    if (isLast) break;
    // One is taken back, and some are on their way.
    await send(undone(`u${count}`, `k${count - 1}`));
    const onTheirWay = items.slice(saved).map((item) => send(decided(item, `k${count++}`)));
    await Promise.race(onTheirWay.map((one) => one.catch(() => undefined)));
    await server.kill();
    await Promise.allSettled(onTheirWay);
    await server.start();
    for (const record of [...unheard.values()]) await send(record);
  }
  await server.kill();

  const { answers, counts } = await readAnswers([join(kept, 'feedback.jsonl')]);
  t.is(answers.length, count - SAVED_BEFORE_KILLS.length);
  t.is(counts.repeated, 0);
  const ids = new Set(answers.map(({ id }) => id));
  t.deepEqual(
    [...called.keys()].filter((id) => id.startsWith('k') && !ids.has(id)).length,
    SAVED_BEFORE_KILLS.length,
  );
  const lines = (await readFile(join(kept, 'kept.jsonl'), 'utf8')).split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as { id: string; file?: string; sha256?: string; sample?: { hash: string } }];
    } catch {
      // A kill may have cut one.
      return [];
    }
  });
  const last = new Map(lines.map((line) => [line.id, line]));
  const files = new Set<string>();
  for (const answer of answers) {
    const { file, sha256, sample } = last.get(answer.id)!;
    const bytes = await readFile(join(kept, file!));
    t.is(createHash('sha256').update(bytes).digest('hex'), sha256!);
    t.deepEqual(bytes, await readFile(join(folder, 'pictures', names[Number(sample!.hash) - 100]!)));
    t.false(files.has(file!), file);
    files.add(file!);
  }
  t.is(await readFile(join(kept, 'p01.jpg'), 'utf8'), 'mine');
  // What else lies there is of the kill: none twice, and none of them half.
  const others = (await readdir(kept)).filter(
    (name) => name.endsWith('.jpg') && !files.has(name) && name !== 'p01.jpg',
  );
  t.deepEqual(others, []);
});
