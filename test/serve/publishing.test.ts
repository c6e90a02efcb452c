import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import type { Agent } from 'undici';
import { until } from '../helpers/until.ts';
import { build, randomHashes } from '../store/rows.ts';
import { type Answer, ask, connect, jsonBody, makeWorld, octetBody } from './world.ts';

const publisher = fileURLToPath(new URL('../helpers/store-publish-process.js', import.meta.url));
const PUBLISHES = 20;
/** Answers between two builds, and builds that are waited for: a reader looks for a new one once a second. */
const ANSWERS = 5;
const AWAITED = [7, 14];
const ROWS = 5000;
const ASKED = 500;
const HASHES = randomHashes(ROWS, 1);
const [STRANGER] = randomHashes(1, 2);

/** Another process that publishes builds 2 to 21, each once `mayPublish` it. */
interface Publisher {
  /** The last build that it has begun. */
  readonly newest: () => number;
  readonly ended: Promise<unknown>;
}

function publish(t: ExecutionContext, path: string, mayPublish: (build: number) => Promise<void>): Publisher {
  const args = [path, ROWS, 2, PUBLISHES + 1].map(String);
  const child = spawn(process.execPath, [publisher, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill());
  let newest = 1;
  createInterface({ input: child.stdout }).on('line', async (line) => {
    await mayPublish(Number(line));
    newest = Number(line);
    child.stdin.write('\n');
  });
  return { newest: () => newest, ended: once(child, 'close') };
}

const WAYS = [
  {
    request: (hashes: BigInt64Array) => ({ path: '/scores', options: jsonBody(hashes) }),
    scores: ({ json }: Answer): unknown[] => (json as { scores: number[][] }).scores.map((row) => row?.[0]),
  },
  {
    request: (hashes: BigInt64Array) => ({ path: '/scores', options: octetBody(hashes) }),
    scores: ({ bytes }: Answer): unknown[] =>
      Array.from({ length: ASKED }, (_, i) => (bytes[4 * ASKED + i] === 1 ? bytes.readFloatLE(4 * i) : null)),
  },
  {
    request: (hashes: BigInt64Array) => ({ path: `/score/${hashes[0]}`, options: {} }),
    scores: ({ json }: Answer): unknown[] => [(json as { aesthetic: number }).aesthetic],
  },
];

interface Watch {
  readonly newest: () => number;
  readonly problems: string[];
  /** Builds that answered. */
  readonly seen: Set<number>;
  answers: number;
  done: boolean;
}

/** Looks hashes up until told to stop, in all ways in turn, and notes what is wrong. */
async function query(agent: Agent, url: string, id: number, watch: Watch): Promise<void> {
  let lastSeen = 1;
  for (let i = id; !watch.done; i++) {
    const from = (i * 37) % (ROWS - ASKED);
    const way = WAYS[i % WAYS.length]!;
    const { path, options } = way.request(HASHES.subarray(from, from + ASKED));
    try {
      const answer = await ask(agent, url, path, options);
      const version = Number(/^v(\d+)$/.exec(String(answer.headers['bowerbird-store-version']))?.[1]);
      const scores = answer.status === 200 ? way.scores(answer) : [];
      if (scores.length === 0) watch.problems.push(`${answer.status} ${answer.text}`);
      if (scores.some((score) => score !== version))
        watch.problems.push(`${scores} in an answer of build ${version}`);
      if (version < lastSeen || version > watch.newest())
        watch.problems.push(`build ${version} after ${lastSeen}`);
      lastSeen = version;
      watch.seen.add(version);
      watch.answers++;
      if ((await ask(agent, url, `/score/${STRANGER}`)).status !== 404)
        watch.problems.push('a stranger was found');
    } catch (thrown) {
      watch.problems.push(String(thrown));
    }
    await setTimeout(5);
  }
}

test('20 builds are published under constant look-ups: none is wrong, none fails', async (t) => {
  const { path, server } = await makeWorld(
    t,
    {},
    { hashes: HASHES, columns: [new Float32Array(ROWS).fill(1)] },
  );
  const agent = connect(t, 6);
  const watch: Watch = { newest: () => newest(), problems: [], seen: new Set(), answers: 0, done: false };
  const { newest, ended } = publish(t, path, async (next) => {
    const enough = watch.answers + ANSWERS;
    const isAwaited = AWAITED.includes(next - 1);
    await until(() => watch.answers >= enough && (!isAwaited || watch.seen.has(next - 1)));
  });
  const clients = Array.from({ length: 3 }, (_, id) => query(agent, server.url, id, watch));
  await ended;
  const lastBuild = PUBLISHES + 1;
  await until(() => watch.seen.has(lastBuild));
  watch.done = true;
  await Promise.all(clients);
  t.deepEqual(watch.problems.slice(0, 5), []);
  t.true(AWAITED.every((each) => watch.seen.has(each)) && watch.answers >= ANSWERS * PUBLISHES);
  t.regex((await ask(agent, server.url, '/metrics')).text, /bowerbird_store_info\{version="v0021"/);
});

test('an answer has the columns of the build that it comes from', async (t) => {
  const { path, server } = await makeWorld(t);
  const agent = connect(t);
  await build(path, { hashes: BigInt64Array.of(-123n), columns: [Float32Array.of(3)] });
  const look = (): Promise<Answer> => ask(agent, server.url, '/scores', jsonBody([-123n, 5n]));
  let answer = await look();
  // The reader looks for a new build once a second.
  while (answer.headers['bowerbird-store-version'] === 'v0001') answer = await look();
  t.deepEqual(answer.json, { columns: ['aesthetic'], scores: [[3], null] });
  t.is(answer.headers['bowerbird-store-version'], 'v0002');
  t.deepEqual((await ask(agent, server.url, '/score/-123')).json, {
    hash: '-123',
    found: true,
    aesthetic: 3,
  });
});
