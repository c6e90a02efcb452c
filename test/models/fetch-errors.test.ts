import test from 'ava';
import { type MirroredFile, sha256Of, startModelMirror } from '../helpers/model-mirror.ts';
import {
  fetchFails,
  fetchHead,
  filesInCache,
  headOf,
  makeLibraryWorld,
  WEIGHTS_URL,
} from './library-world.ts';

const WEIGHTS = Buffer.alloc(300_000, 'weights of a model');

const STATED = [{ url: WEIGHTS_URL, size_bytes: WEIGHTS.length, sha256: sha256Of(WEIGHTS) }];
const UNSTATED = [{ url: WEIGHTS_URL }];

/** Answers with a status, for the first so many requests. */
function answering(
  status: number,
  times: number,
  headers: Record<string, string> = {},
): Partial<MirroredFile> {
  return {
    intervene: ({ response, count }) => {
      if (count > times) return false;
      response.writeHead(status, headers).end('not now');
      return true;
    },
  };
}

for (const [status, advice] of [
  [401, /A mirror is shown no token/],
  [403, /A mirror is shown no token/],
  [404, /moved or removed/],
  [410, /moved or removed/],
  [204, /path of a copy/],
  [304, /path of a copy/],
  [416, /path of a copy/],
  [451, /path of a copy/],
] as const) {
  test(`status ${status} ends a fetch at once, with the status and what to do`, async (t) => {
    const world = await makeLibraryWorld(t, [headOf(STATED)], { bytes: WEIGHTS, ...answering(status, 99) });
    const error = await fetchFails(t, world, 'BB_MODEL_FETCH');
    t.is(error.fields['status'], status);
    t.regex(error.message, advice);
    t.notRegex(error.message, /same command/);
    t.is(world.mirror.requests.length, 1);
  });
}

test('a file of another host than the hub that is given to nobody is to be fetched by hand', async (t) => {
  const elsewhere = await startModelMirror(t);
  elsewhere.files.set('/gated.bin', { bytes: WEIGHTS, ...answering(403, 99) });
  const world = await makeLibraryWorld(t, [headOf([{ url: `${elsewhere.origin}/gated.bin` }])]);
  const error = await fetchFails(t, world, 'BB_MODEL_FETCH', { isHub: true });
  t.regex(error.message, /Fetch the file by hand/);
});

test('a host that has had enough is asked again when it says; one that stays so ends the fetch', async (t) => {
  const patient = await makeLibraryWorld(t, [headOf(STATED)], {
    bytes: WEIGHTS,
    ...answering(429, 1, { 'retry-after': '7' }),
  });
  t.is((await fetchHead(patient)).fetched[0]?.size_bytes, WEIGHTS.length);
  t.deepEqual(patient.pauses, [7000]);
  const stubborn = await makeLibraryWorld(t, [headOf(STATED)], { bytes: WEIGHTS, ...answering(503, 99) });
  const error = await fetchFails(t, stubborn, 'BB_MODEL_FETCH');
  t.is(error.fields['status'], 503);
  t.regex(error.message, /Run the same command again/);
  t.is(stubborn.mirror.requests.length, 5);
  t.true(stubborn.pauses.every((pause, i) => i === 0 || pause > stubborn.pauses[i - 1]!));
});

test('a host that hangs up at the same place each time is given up, and what came is kept', async (t) => {
  const world = await makeLibraryWorld(t, [headOf(STATED)], {
    bytes: WEIGHTS,
    ranges: false,
    cutAfter: () => 1000,
  });
  const error = await fetchFails(t, world, 'BB_MODEL_FETCH');
  t.regex(error.message, /closed before the whole file arrived.*is kept: the same command asks for the rest/);
  t.deepEqual(await filesInCache(world), ['test-head/weights.bin.part', 'test-head/weights.bin.part.json']);
});

test('redirects in a circle end a fetch at once, and nobody is told to try again', async (t) => {
  const world = await makeLibraryWorld(t, [headOf(STATED)], {
    bytes: WEIGHTS,
    ...answering(302, 99, { location: new URL(WEIGHTS_URL).pathname }),
  });
  world.mirror.files.set(new URL(WEIGHTS_URL).pathname, {
    bytes: WEIGHTS,
    ...answering(302, 99, { location: new URL(WEIGHTS_URL).pathname }),
  });
  const error = await fetchFails(t, world, 'BB_MODEL_FETCH');
  t.is(error.fields['reason'], 'redirect_limit');
  t.regex(error.message, /path of a copy/);
  t.deepEqual(world.pauses, []);
});

test('nothing is said to be kept of which nothing shows that a rest would belong to it', async (t) => {
  const world = await makeLibraryWorld(t, [headOf(STATED)], {
    bytes: WEIGHTS,
    etag: undefined,
    cutAfter: () => 1000,
  });
  const error = await fetchFails(t, world, 'BB_MODEL_FETCH');
  t.notRegex(error.message, /kept/);
  t.deepEqual(await filesInCache(world), []);
});

test('a proxy that nobody answers at is tried again as a host is', async (t) => {
  const world = await makeLibraryWorld(t, [headOf(STATED)], { bytes: WEIGHTS });
  const error = await fetchFails(t, world, 'BB_MODEL_FETCH', {
    isHub: true,
    environment: { https_proxy: 'http://127.0.0.1:1' },
  });
  t.regex(error.message, /proxy/);
  t.is(world.pauses.length, 4);
});

test('an empty file is told as that, at once where the host states its size', async (t) => {
  const stated = await makeLibraryWorld(t, [headOf(UNSTATED)], { bytes: Buffer.alloc(0) });
  t.regex((await fetchFails(t, stated, 'BB_MODEL_FETCH')).message, /the file that the host sends is empty/);
  t.deepEqual(stated.pauses, []);
  const unstated = await makeLibraryWorld(t, [headOf(UNSTATED)], {
    bytes: WEIGHTS,
    intervene: ({ response }) => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' }).end();
      return true;
    },
  });
  t.regex((await fetchFails(t, unstated, 'BB_MODEL_FETCH')).message, /the file that the host sends is empty/);
  t.deepEqual(await filesInCache(unstated), []);
});

test('a web page in the place of a file is refused', async (t) => {
  const world = await makeLibraryWorld(t, [headOf(UNSTATED)], {
    bytes: WEIGHTS,
    ...answering(200, 99, { 'content-type': 'text/html; charset=utf-8' }),
  });
  t.regex((await fetchFails(t, world, 'BB_MODEL_FETCH')).message, /web page/);
  t.deepEqual(await filesInCache(world), []);
});
