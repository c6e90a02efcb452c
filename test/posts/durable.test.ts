import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { withFileSystem } from '../../src/base/file-system.ts';
import { addPosts } from '../../src/posts/add.ts';
import { PostsWriter } from '../../src/posts/writer.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { failEachCall, thrownBy } from '../helpers/failing-files.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePostsWorld, type PostsWorld, sums } from './posts-world.ts';

const ADDER = fileURLToPath(new URL('../helpers/posts-adder-process.js', import.meta.url));
const PART_ROWS = 10;

/** Two tables: the second has new posts, and other counts of some of the first. */
async function makeInputs({ write }: PostsWorld): Promise<string[]> {
  const table = (from: number, to: number, day: string): string => {
    const rows = Array.from({ length: to - from }, (_, i) => {
      const id = from + i;
      return `p${id},user${id % 3},https://x.y/${id}.jpg,${(id * 7 + day.length * (id % 2)) % 50},${100 + (id % 3)},${day}`;
    });
    return ['id,user,url,likes,followers,seen_at', ...rows].join('\n');
  };
  return [
    await write('1.csv', table(0, 16, '2026-05-01')),
    await write('2.csv', table(4, 24, '2026-05-02T00:00')),
  ];
}

/** What lasts: all files but the index, which is made of them. */
async function lasting(folder: string): Promise<Record<string, string>> {
  const digests = await digestRun(folder);
  return Object.fromEntries(Object.entries(digests).filter(([name]) => !name.startsWith('index/')));
}

test('an addition that is killed at any call of the file system comes to the same bytes when it is run again', async (t) => {
  const world = await makePostsWorld(t);
  const inputs = await makeInputs(world);
  const whole = world.path('whole');
  const counts = await world.add(inputs, { to: whole, partRows: PART_ROWS });
  t.deepEqual(sums(counts), [36, 24, 6, 6, 0]);
  const expected = await lasting(whole);
  t.true((await readdir(join(whole, 'posts'))).length > 2);
  t.is(
    (await readdir(whole)).find((name) => name.startsWith('.')),
    undefined,
  );
  const temporary = await makeFolder(t);
  let kills = 0;
  for (let call = 7; ; call += 67) {
    const to = call > 200 ? world.path('again') : world.path('killed');
    const child = spawn(
      process.execPath,
      [ADDER, to, temporary, String(PART_ROWS), String(call), ...inputs],
      {
        env: { ...process.env, NODE_V8_COVERAGE: '' },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    if (signal === 'SIGKILL') kills++;
    else {
      t.is(code, 0);
      break;
    }
  }
  t.true(kills >= 4, `${kills}`);
  for (const name of ['killed', 'again']) {
    await world.add(inputs, { to: world.path(name), partRows: PART_ROWS });
    t.deepEqual(await lasting(world.path(name)), expected, name);
  }
});

test('a disk that fails at any call ends an addition with a code, and it comes to the same bytes when it is run again', async (t) => {
  const world = await makePostsWorld(t);
  const inputs = await makeInputs(world);
  const whole = world.path('whole');
  await world.add(inputs, { to: whole, partRows: PART_ROWS });
  const expected = await lasting(whole);
  const temporaryFolder = await makeFolder(t);
  const options = { temporaryFolder, partRows: PART_ROWS, roles: {}, text: {} };
  let failures = 0;
  await failEachCall(
    async (failing) => {
      const to = world.path(failing.name);
      const thrown = await thrownBy(() =>
        withFileSystem(failing.files, () => addPosts(inputs, { ...options, to })),
      );
      if (!failing.failed) return;
      failures++;
      if (thrown !== undefined)
        t.regex(String((thrown as { code?: unknown }).code), /^(BB_|E)/, failing.failed.path);
      await addPosts(inputs, { ...options, to });
      t.deepEqual(
        await lasting(to),
        expected,
        `${failing.name} ${failing.failed.call} ${failing.failed.path}`,
      );
      await rm(to, { recursive: true });
    },
    {
      oneIn: 29,
      codes: ['EIO', 'ENOSPC'],
      concerns: (path) => path.startsWith(world.folder) && !path.endsWith('.csv'),
    },
  );
  t.true(failures > 5, `${failures}`);
});

test('the index may be lost, damaged, older than the parts or of another table: what is known stays known', async (t) => {
  const world = await makePostsWorld(t);
  const [first, second] = (await makeInputs(world)) as [string, string];
  const index = join(world.to, 'index');
  await world.add([first], { partRows: PART_ROWS });
  await cp(index, world.path('old-index'), { recursive: true });
  await world.add([second], { partRows: PART_ROWS });
  const before = await lasting(world.to);
  await cp(index, world.path('new-index'), { recursive: true });
  const other = world.path('other');
  await world.add([await world.write('3.csv', 'id,user,url\np1,eve,https://x.y/1.jpg')], { to: other });
  const spoil: Readonly<Record<string, () => Promise<unknown>>> = {
    lost: async () => undefined,
    older: () => cp(world.path('old-index'), index, { recursive: true }),
    foreign: () => cp(join(other, 'index'), index, { recursive: true }),
    damaged: async () => {
      await cp(world.path('old-index'), index, { recursive: true });
      await writeFile(join(index, 'data.mdb'), 'no database');
    },
    'a file': () => copyFile(first, index),
    'not closed': async () => {
      await cp(world.path('new-index'), index, { recursive: true });
      await rm(join(index, 'state.json'));
    },
    'a byte of it': async () => {
      await cp(world.path('new-index'), index, { recursive: true });
      const file = await open(join(index, 'data.mdb'), 'r+');
      await file.write(Buffer.from([0xff]), 0, 1, 9000);
      await file.close();
    },
  };
  for (const [name, work] of Object.entries(spoil)) {
    await rm(index, { recursive: true });
    await work();
    t.deepEqual(sums(await world.add([first, second])), [36, 0, 0, 36, 0], name);
    t.deepEqual(await lasting(world.to), before, name);
  }
});

test('one command at a time adds, and a damaged part is told with its name', async (t) => {
  const world = await makePostsWorld(t);
  const [first, second] = (await makeInputs(world)) as [string, string];
  await world.add([first]);
  const writer = await PostsWriter.open(world.to, {});
  await t.throwsAsync(world.add([second]), { code: 'BB_POSTS_LOCKED' });
  await writer.close();
  await rm(join(world.to, 'index'), { recursive: true });
  await writeFile(join(world.to, 'history', '00001.parquet'), 'no Parquet');
  await t.throwsAsync(world.add([second]), { code: 'BB_POSTS_CORRUPT', message: /history\/00001\.parquet/ });
});

test('what is aborted keeps what was published, and the rest comes with the next call', async (t) => {
  const world = await makePostsWorld(t);
  const inputs = await makeInputs(world);
  const closing = new AbortController();
  const reason = new Error('stopped');
  const onProgress = (posts: number): void => {
    if (posts === 15) closing.abort(reason);
  };
  t.is(
    await thrownBy(() => world.add(inputs, { partRows: PART_ROWS, signal: closing.signal, onProgress })),
    reason,
  );
  const kept = Number((await world.query('SELECT count(*) AS posts FROM posts'))[0]!['posts']);
  t.true(kept > 0 && kept < 15, `${kept}`);
  const counts = await world.add(inputs, { partRows: PART_ROWS });
  t.deepEqual(sums(counts), [36, 24 - kept, 6, 6 + kept, 0]);
});

test('long captions make smaller parts', async (t) => {
  const world = await makePostsWorld(t);
  const caption = 'x'.repeat(3 * 1024 * 1024);
  const rows = Array.from({ length: 8 }, (_, i) =>
    JSON.stringify({ id: `p${i}`, user: 'ada', url: 'https://x.y/a.jpg', caption }),
  );
  await world.add([await world.write('long.jsonl', rows.join('\n'))]);
  const { parts } = JSON.parse(await readFile(join(world.to, 'posts.json'), 'utf8')) as {
    parts: { posts: number }[];
  };
  t.deepEqual(
    parts.map(({ posts }) => posts),
    [6, 2],
  );
});
