import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { originsFrom, placeOf } from '../../src/models/library/origins.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { type MirroredFile, sha256Of, startModelMirror } from '../helpers/model-mirror.ts';
import { fetchFails, fetchHead, headOf, makeLibraryWorld, WEIGHTS_URL } from './library-world.ts';

const HUB_FILE = { hub: 'some/model', revision: 'abc', path: 'sub/weights.bin' };
const HUB_PATH = '/some/model/resolve/abc/sub/weights.bin';
const BYTES = Buffer.from('weights of a model');
const TOKEN = 'hf_secret';

/** Refuses whoever shows no token, as the hub does with models whose terms are to be accepted. */
const gated: Partial<MirroredFile> = {
  intervene: ({ request, response }) => {
    if (request.headers.authorization === `Bearer ${TOKEN}`) return false;
    response.writeHead(401).end();
    return true;
  },
};

test('the hub sees a token only where it gives nothing without one', async (t) => {
  const world = await makeLibraryWorld(t, [headOf([HUB_FILE])]);
  const options = { isHub: true, environment: { HF_TOKEN: TOKEN } };
  world.mirror.files.set(HUB_PATH, { bytes: BYTES });
  await fetchHead(world, {
    ...options,
    environment: { ...options.environment, BOWERBIRD_CACHE: join(world.folder, 'open') },
  });
  t.deepEqual(
    world.mirror.requests.map(({ headers }) => headers.authorization),
    [undefined],
  );
  world.mirror.files.set(HUB_PATH, { bytes: BYTES, ...gated });
  await fetchHead(world, options);
  t.deepEqual(
    world.mirror.requests.map(({ headers }) => headers.authorization),
    [undefined, undefined, `Bearer ${TOKEN}`],
  );
});

for (const [where, environment, prepare] of [
  ['HUGGING_FACE_HUB_TOKEN', { HUGGING_FACE_HUB_TOKEN: TOKEN }, undefined],
  ['the file of `hf auth login`', {}, `${TOKEN}\n`],
] as const) {
  test(`a token is taken from ${where}`, async (t) => {
    const world = await makeLibraryWorld(t, [headOf([HUB_FILE])]);
    if (prepare) await writeFile(join(world.folder, 'token'), prepare);
    world.mirror.files.set(HUB_PATH, { bytes: BYTES, ...gated });
    await fetchHead(world, { isHub: true, environment });
    t.is(world.mirror.requests.at(-1)?.headers.authorization, `Bearer ${TOKEN}`);
  });
}

test('the token of the hub is found where huggingface_hub looks for it, and what is empty counts as not set', async (t) => {
  const folder = await makeFolder(t);
  const at = (name: string): string => join(folder, name);
  await mkdir(at('cache/huggingface'), { recursive: true });
  await mkdir(at('home'));
  for (const [path, token] of [
    ['path', 'of-path'],
    ['home/token', 'of-home'],
    ['cache/huggingface/token', 'of-cache'],
  ] as const)
    await writeFile(at(path), `${token}\n`);
  const cache = { XDG_CACHE_HOME: at('cache') };
  for (const [environment, token] of [
    [cache, 'of-cache'],
    [{ ...cache, HF_HOME: '', HF_TOKEN_PATH: '', HF_TOKEN: '', HUGGING_FACE_HUB_TOKEN: '' }, 'of-cache'],
    [{ ...cache, HF_TOKEN: ' ' }, 'of-cache'],
    [{ ...cache, HF_TOKEN: '', HUGGING_FACE_HUB_TOKEN: 'older' }, 'older'],
    [{ ...cache, HF_HOME: at('home') }, 'of-home'],
    [{ ...cache, HF_HOME: at('home'), HF_TOKEN_PATH: at('path') }, 'of-path'],
    [{ ...cache, HF_TOKEN_PATH: at('path'), HF_TOKEN: 'stated' }, 'stated'],
  ] as const)
    t.is(originsFrom(environment).hubToken, token, JSON.stringify(environment));
});

test('a token goes neither along a redirect to another host, nor to a mirror, nor into a message', async (t) => {
  const elsewhere = await startModelMirror(t);
  const world = await makeLibraryWorld(t, [headOf([HUB_FILE])]);
  const environment = { HF_TOKEN: TOKEN };
  world.mirror.files.set(HUB_PATH, {
    bytes: BYTES,
    intervene: ({ request, response }) => {
      const isKnown = request.headers.authorization !== undefined;
      response.writeHead(isKnown ? 302 : 401, { location: `${elsewhere.origin}/signed` }).end();
      return true;
    },
  });
  elsewhere.files.set('/signed', { bytes: BYTES });
  await fetchHead(world, { isHub: true, environment });
  t.deepEqual(
    elsewhere.requests.map(({ headers }) => headers.authorization),
    [undefined],
  );
  world.mirror.files.set(HUB_PATH, { bytes: BYTES, intervene: refuseAll });
  const cache = { BOWERBIRD_CACHE: join(world.folder, 'other') };
  const refused = await fetchFails(t, world, 'BB_MODEL_FETCH', {
    isHub: true,
    environment: { ...environment, ...cache },
  });
  t.regex(refused.message, /refused the token that was sent/);
  t.false(JSON.stringify([refused.message, refused.fields]).includes(TOKEN));
  world.mirror.requests.length = 0;
  const byMirror = await fetchFails(t, world, 'BB_MODEL_FETCH', {
    environment: { ...environment, ...cache },
  });
  t.notRegex(byMirror.message, /HF_TOKEN/);
  t.deepEqual(
    world.mirror.requests.map(({ headers }) => headers.authorization),
    [undefined],
  );
});

const refuseAll: NonNullable<MirroredFile['intervene']> = ({ response }) => {
  response.writeHead(403).end();
  return true;
};

test('without a token, a model whose terms are to be accepted says that', async (t) => {
  const world = await makeLibraryWorld(t, [headOf([HUB_FILE])]);
  world.mirror.files.set(HUB_PATH, { bytes: BYTES, ...gated });
  t.regex(
    (await fetchFails(t, world, 'BB_MODEL_FETCH', { isHub: true })).message,
    /accept the terms.*HF_TOKEN/,
  );
});

test('the digest that the hub says of a file counts, and another host’s word for it does not', async (t) => {
  const elsewhere = await startModelMirror(t);
  elsewhere.files.set('/signed', { bytes: BYTES });
  const world = await makeLibraryWorld(t, [headOf([HUB_FILE])]);
  const linkedTo = (sha256: string): MirroredFile => ({
    bytes: BYTES,
    intervene: ({ response }) => {
      const headers = { location: `${elsewhere.origin}/signed`, 'x-linked-etag': `"${sha256}"` };
      response.writeHead(302, headers).end();
      return true;
    },
  });
  world.mirror.files.set(HUB_PATH, linkedTo('0'.repeat(64)));
  t.regex((await fetchFails(t, world, 'BB_MODEL_DIGEST', { isHub: true })).message, /the hub states 0{64}/);
  world.mirror.files.set(HUB_PATH, linkedTo(sha256Of(BYTES)));
  t.is((await fetchHead(world, { isHub: true })).fetched[0]?.sha256, sha256Of(BYTES));
});

test('an address that is not public is asked for only where the user named it, and no redirect leads to one', async (t) => {
  const elsewhere = await startModelMirror(t);
  elsewhere.files.set('/inside', { bytes: BYTES });
  const own = await makeLibraryWorld(t, [headOf([{ url: `${elsewhere.origin}/inside` }])]);
  const refused = await fetchFails(t, own, 'BB_MODEL_FETCH', { environment: { BOWERBIRD_MODEL_MIRROR: '' } });
  t.regex(refused.message, /no public address.*BOWERBIRD_MODEL_MIRROR/);
  const sent = await makeLibraryWorld(t, [headOf([{ url: WEIGHTS_URL }])], {
    bytes: BYTES,
    intervene: ({ response }) => {
      response.writeHead(302, { location: `${elsewhere.origin}/inside` }).end();
      return true;
    },
  });
  t.is((await fetchFails(t, sent, 'BB_MODEL_FETCH')).fields['reason'], 'address_refused');
  t.deepEqual(elsewhere.requests, []);
});

test('a mirror in a folder gives the hub’s files by repository and others by host, over no network', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'some/model/sub'), { recursive: true });
  await writeFile(join(folder, 'some/model/sub/weights.bin'), BYTES);
  const other = headOf([{ url: 'https://models.example.org/a/b.bin' }], { name: 'other-head' });
  const world = await makeLibraryWorld(t, [headOf([HUB_FILE]), other]);
  const environment = { BOWERBIRD_MODEL_MIRROR: folder };
  t.is((await fetchHead(world, { environment })).fetched[0]?.sha256, sha256Of(BYTES));
  const library = await world.open({ environment });
  const missing = await t.throwsAsync(library.fetch(library.called('other-head')[0]!), {
    code: 'BB_MODEL_FETCH',
  });
  t.true(missing?.message.includes(join(folder, 'models.example.org/a/b.bin')));
  t.deepEqual(world.mirror.requests, []);
});

test('a mirror by address has the hub’s files where the hub has them', (t) => {
  const file = { ...HUB_FILE, name: 'weights.bin' };
  const at = (mirror: string): unknown =>
    placeOf(file, originsFrom({ BOWERBIRD_MODEL_MIRROR: mirror, HF_HOME: '/nowhere' }));
  t.like(at(''), { url: `https://huggingface.co${HUB_PATH}`, isHub: true });
  t.like(at('https://proxy.example.org/hf/'), {
    url: `https://proxy.example.org/hf${HUB_PATH}`,
    isHub: false,
  });
});

for (const [what, environment] of [
  ['a mirror with a password', { BOWERBIRD_MODEL_MIRROR: 'https://me:sesame@mirror.example.org' }],
  ['a mirror of another scheme', { BOWERBIRD_MODEL_MIRROR: 's3://sesame' }],
  ['a token with a line break in it', { HF_TOKEN: 'hf_\nsesame' }],
] satisfies [string, Record<string, string>][]) {
  test(`${what} is refused before anything is asked for, and not repeated`, (t) => {
    const error = t.throws(() => originsFrom({ HF_HOME: '/nowhere', ...environment }), { code: 'BB_USAGE' });
    t.false(error?.message.includes('sesame'));
  });
}
