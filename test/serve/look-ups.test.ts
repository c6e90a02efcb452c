import test from 'ava';
import { hashTexts } from '../../src/samples/hash.ts';
import { randomHashes, randomWords } from '../store/rows.ts';
import { ask, connect, errorCode, jsonBody, makeWorld, octetBody } from './world.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

test('a hash is answered with its scores, a stored null is told from a miss', async (t) => {
  const { server } = await makeWorld(t);
  const agent = connect(t);
  const get = (path: string): Promise<unknown> => ask(agent, server.url, path);
  t.like(await get('/score/-123'), {
    status: 200,
    json: { hash: '-123', found: true, aesthetic: 7.25, punsafe: 0.5 },
  });
  t.like(await get('/score/5'), {
    status: 200,
    json: { hash: '5', found: true, aesthetic: null, punsafe: 0.25 },
  });
  t.like(await get('/score/6'), {
    status: 404,
    json: { hash: '6', found: false, aesthetic: null, punsafe: null },
  });
  t.like(await get('/score/9223372036854775807'), { status: 200, json: { aesthetic: 4.5, punsafe: null } });
  t.like(await get('/score/-9223372036854775808'), { status: 200, json: { aesthetic: 0, punsafe: 1 } });
  t.like(await get('/score/0005'), { status: 200, json: { hash: '5' } });
  // The same 64 bits, read as unsigned.
  t.like(await get('/score/18446744073709551493'), { status: 200, json: { hash: '-123', aesthetic: 7.25 } });
});

test('what is no int64 in decimals is no hash', async (t) => {
  const { server } = await makeWorld(t);
  const agent = connect(t);
  for (const text of [
    'x',
    '1.5',
    '1e3',
    '0x10',
    '-',
    '--5',
    '5%20',
    '+5',
    '-9223372036854775809',
    '18446744073709551616',
    '%EF%BC%95',
    '%D9%A5',
    '5n',
    '__proto__',
  ]) {
    const answer = await ask(agent, server.url, `/score/${text}`);
    t.is(answer.status, 400, text);
    t.is(errorCode(answer), 'BB_HASH_INVALID', text);
    const body = JSON.stringify({ hashes: ['5', decodeURIComponent(text)] });
    const posted = await ask(agent, server.url, '/scores', { method: 'POST', headers: JSON_TYPE, body });
    t.is(posted.status, 400, text);
    t.is(errorCode(posted), 'BB_HASH_INVALID', text);
    t.regex(posted.text, /hashes\[1\]/);
  }
});

test('a sample is found by its URL and caption', async (t) => {
  const samples = [
    ['http://example.com/a b.jpg?x=1&y=%20', 'a tree & a house + 50% "sky"'],
    ['http://example.com/ü.jpg', '\ufeffein Baum 🌳'],
    ['http://example.com/plain.jpg', ''],
  ] as const;
  const hashes = hashTexts(samples.map(([url, text]) => Buffer.from(url + text)));
  const { server } = await makeWorld(t, {}, { hashes, columns: [Float32Array.of(1, 2, 3)] });
  const agent = connect(t);
  for (const [i, [url, text]] of samples.entries()) {
    const expected = { status: 200, json: { hash: String(hashes[i]), found: true, aesthetic: i + 1 } };
    t.like(await ask(agent, server.url, `/score?${new URLSearchParams({ url, text })}`), expected);
    const escaped = `/score?text=${encodeURIComponent(text)}&url=${encodeURIComponent(url)}`;
    t.like(await ask(agent, server.url, escaped), expected);
  }
  t.like(await ask(agent, server.url, '/score?url=http://example.com/plain.jpg'), { status: 200 });
});

test('a query that may not mean what it says is refused, not looked up', async (t) => {
  const { server } = await makeWorld(t);
  const agent = connect(t);
  for (const query of [
    '',
    '?',
    '?text=a',
    '?url=',
    '?url=http://a/?x=1&y=2',
    '?url=a&url=b',
    '?url=a&text=b&text=c',
    '?url=a%',
    '?url=%FF',
    '?url=%zz',
    '?hash=5',
    '?__proto__=5&url=a',
  ]) {
    const answer = await ask(agent, server.url, `/score${query}`);
    t.is(answer.status, 400, query);
    t.is(errorCode(answer), 'BB_HTTP_QUERY', query);
  }
});

test('many hashes are answered in their order, as JSON and as bytes, hits, nulls, misses and duplicates', async (t) => {
  const stored = randomHashes(2000, 1);
  const next = randomWords(2);
  // Multiples of 1/64 below 10 are float16 numbers.
  const scores = Float32Array.from(stored, () => (next() % 20 === 0 ? Number.NaN : (next() % 640) / 64));
  const unsafe = Float32Array.from(stored, () => (next() % 256) / 256);
  const { server } = await makeWorld(t, {}, { hashes: stored, columns: [scores, unsafe] });
  const agent = connect(t);
  const known = new Map(Array.from(stored, (hash, i) => [hash, i]));
  const strangers = randomHashes(500, 3);
  const asked = BigInt64Array.from({ length: 3000 }, () =>
    next() % 4 === 0 ? strangers[next() % 500]! : stored[next() % 2000]!,
  );
  const expected = Array.from(asked, (hash) => {
    const row = known.get(hash);
    if (row === undefined) return null;
    return [Number.isNaN(scores[row]!) ? null : scores[row], unsafe[row]];
  });
  t.true(expected.includes(null) && expected.some((row) => row?.[0] === null));
  const answers = [
    await ask(agent, server.url, '/scores', jsonBody(asked)),
    await ask(agent, server.url, '/scores', octetBody(asked, 'application/json')),
  ];
  for (const answer of answers) {
    t.is(answer.status, 200);
    t.is(answer.headers['content-type'], 'application/json; charset=utf-8');
    t.deepEqual(answer.json, { columns: ['aesthetic', 'punsafe'], scores: expected });
  }
  const asBytes = [
    await ask(agent, server.url, '/scores', octetBody(asked)),
    await ask(agent, server.url, '/scores', {
      ...jsonBody(asked),
      headers: { ...JSON_TYPE, accept: 'application/octet-stream' },
    }),
  ];
  for (const { status, headers, bytes } of asBytes) {
    t.is(status, 200);
    t.is(headers['content-type'], 'application/octet-stream');
    t.is(headers['bowerbird-columns'], 'aesthetic,punsafe');
    t.is(bytes.length, asked.length * (2 * 4 + 1));
    const rows = Array.from(asked, (_, i) => {
      if (bytes[8 * asked.length + i] === 0) return null;
      const values = [bytes.readFloatLE(4 * i), bytes.readFloatLE(4 * (asked.length + i))];
      return values.map((value) => (Number.isNaN(value) ? null : value));
    });
    t.deepEqual(rows, expected);
  }
});

test('an empty list is an empty answer', async (t) => {
  const { server } = await makeWorld(t);
  const agent = connect(t);
  t.deepEqual((await ask(agent, server.url, '/scores', jsonBody([]))).json, {
    columns: ['aesthetic', 'punsafe'],
    scores: [],
  });
  t.is((await ask(agent, server.url, '/scores', octetBody(new BigInt64Array(0)))).bytes.length, 0);
});

test('hashes as JSON numbers are refused with the reason', async (t) => {
  const { server } = await makeWorld(t);
  const answer = await ask(connect(t), server.url, '/scores', {
    method: 'POST',
    headers: JSON_TYPE,
    body: '{"hashes":["5",-123]}',
  });
  t.is(answer.status, 400);
  t.is(errorCode(answer), 'BB_HTTP_BODY');
  t.regex(answer.text, /hashes\[1\].*53 bits/);
});

test('HEAD tells what GET would, without a body', async (t) => {
  const { server } = await makeWorld(t);
  const agent = connect(t);
  const paths: [string, number][] = [
    ['/score/-123', 200],
    ['/score/6', 404],
    ['/score/x', 400],
    ['/healthz', 200],
  ];
  for (const [path, status] of paths) {
    const head = await ask(agent, server.url, path, { method: 'HEAD' });
    t.is(head.status, status, path);
    t.is(head.bytes.length, 0, path);
    t.is(
      head.headers['content-length'],
      (await ask(agent, server.url, path)).headers['content-length'],
      path,
    );
  }
});

test('a score that is infinite in float16 stays beyond all numbers', async (t) => {
  const { server } = await makeWorld(
    t,
    {},
    { hashes: BigInt64Array.of(1n, 2n), columns: [Float32Array.of(1e6, -1e6)] },
  );
  const agent = connect(t);
  t.deepEqual((await ask(agent, server.url, '/scores', jsonBody([1n, 2n]))).json, {
    columns: ['aesthetic'],
    scores: [[Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]],
  });
  t.like(await ask(agent, server.url, '/score/1'), { json: { aesthetic: Number.POSITIVE_INFINITY } });
});
