import test from 'ava';
import { rememberUrl } from '../../src/storage/storage.ts';
import { startFileServer } from '../helpers/file-server.ts';
import { startHubServer } from '../helpers/hub-server.ts';
import { listOf, pattern, quickStorage, streamOf } from './contract.ts';

const web = await startFileServer();
const hub = await startHubServer();
process.env['HF_ENDPOINT'] = hub.hub.origin;
process.env['HF_HOME'] = '/nowhere';
test.after.always(() => Promise.all([web.stop(), hub.stop()]));

const LARGE = pattern(300_000);

interface Held {
  readonly url: string;
  replace(bytes: Buffer): void;
}

/** The places that are only read: each holds a file of the test's own name. */
const PLACES = {
  'a web server': (name: string): Held => {
    web.files.set(`/${name} ü`, LARGE);
    return {
      url: `${web.origin}/${name}%20%C3%BC`,
      replace: (bytes) => web.files.set(`/${name} ü`, bytes),
    };
  },
  'the hub': (name: string): Held => {
    const key = `datasets/org/${name} main data/a.bin`;
    hub.files.set(key, LARGE);
    return { url: `hf://datasets/org/${name}/data/a.bin`, replace: (bytes) => hub.files.set(key, bytes) };
  },
};

for (const [place, hold] of Object.entries(PLACES)) {
  test.serial(
    `${place}: what is there is read whole, by ranges and as a stream; what is not is told`,
    async (t) => {
      const { url } = hold('read');
      const storage = await quickStorage(url);
      const found = await storage.stat(url);
      t.is(found?.bytes, LARGE.length);
      t.deepEqual(await storage.readRange(url, 1000, 5, { tag: found?.tag }), LARGE.subarray(1000, 1005));
      t.true(LARGE.equals(await streamOf(storage, url)));
      t.is(await storage.stat(`${url}.no`), undefined);
      await t.throwsAsync(storage.readRange(`${url}.no`, 0, 1), { code: 'BB_STORAGE_NOT_FOUND' });
      await t.throwsAsync(storage.readRange(url, LARGE.length - 1, 2), { code: 'BB_STORAGE_CHANGED' });
      await t.throwsAsync(storage.put(url, LARGE), { code: 'BB_STORAGE_UNSUPPORTED' });
    },
  );

  test.serial(`${place}: a file that is replaced is never a mixture`, async (t) => {
    const { url, replace } = hold('replaced');
    const storage = await quickStorage(url);
    const before = await storage.stat(url);
    replace(Buffer.alloc(LARGE.length));
    const fresh = await quickStorage(url);
    await t.throwsAsync(fresh.readRange(url, 0, 10, { tag: before?.tag }), { code: 'BB_STORAGE_CHANGED' });
    await t.throwsAsync(streamOf(fresh, url, before?.tag), { code: 'BB_STORAGE_CHANGED' });
  });
}

test.serial('a web server that fails is asked again, and one that cuts a body for the rest', async (t) => {
  web.files.set('/faulty', LARGE);
  let failures = 0;
  web.answer = (request, response, path) => {
    if (path !== '/faulty' || failures++ > 2) return false;
    if (failures < 3) response.writeHead(503, { 'retry-after': '0.001' }).end();
    else {
      const [, from] = /bytes=(\d+)/.exec(String(request.headers.range))!;
      response.writeHead(206, { 'content-range': `bytes ${from}-299999/300000`, 'content-length': 300_000 });
      response.write(LARGE.subarray(Number(from), Number(from) + 100_000), () => response.destroy());
    }
    return true;
  };
  const storage = await quickStorage(web.origin);
  t.deepEqual(await storage.readRange(`${web.origin}/faulty`, 0, LARGE.length), LARGE);
  t.is(storage.counts.retries, 3);
  web.answer = () => false;
});

test.serial('what is secret in a URL is asked with, and in no message', async (t) => {
  const asked: (string | undefined)[] = [];
  web.answer = (request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    response.writeHead(403).end('<Error><Message>Request has expired</Message></Error>');
    return true;
  };
  const secret = `${web.origin.replace('//', '//me:pass@')}/x.parquet?X-Amz-Signature=abc`;
  const shown = rememberUrl(secret);
  t.is(shown, `${web.origin}/x.parquet`);
  const storage = await quickStorage(shown);
  const error = await t.throwsAsync(storage.stat(shown), { code: 'BB_STORAGE_EXPIRED' });
  t.false(/abc|pass/.test(JSON.stringify(error) + error.message));
  t.deepEqual(asked, [`/x.parquet?X-Amz-Signature=abc Basic ${Buffer.from('me:pass').toString('base64')}`]);
  web.answer = () => false;
});

test.serial('what is no URL with a host, and no endpoint, is refused without its password', async (t) => {
  const shown = rememberUrl('http://us:ZJ/QX@h/a.parquet');
  const error = await t.throwsAsync((await quickStorage(shown)).stat(shown), { code: 'BB_STORAGE_REFUSED' });
  t.notRegex(JSON.stringify(error) + error.message, /ZJ|QX/);
  process.env['HF_ENDPOINT'] = 'hub.example:ZJ@QX';
  const hubError = await t.throwsAsync((await quickStorage('hf://')).stat('hf://datasets/o/n/a'), {
    code: 'BB_USAGE',
    message: /^HF_ENDPOINT is no URL of a server/,
  });
  process.env['HF_ENDPOINT'] = hub.hub.origin;
  t.notRegex(hubError.message, /ZJ|QX/);
});

test.serial(
  'a web server lists nothing; one without ranges is told of, unless the whole is read',
  async (t) => {
    const storage = await quickStorage(web.origin);
    await t.throwsAsync(listOf(storage, `${web.origin}/`), { code: 'BB_STORAGE_UNSUPPORTED' });
    web.answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 3 }).end('abc');
      return true;
    };
    t.is(String(await storage.readRange(`${web.origin}/plain`, 0, 3)), 'abc');
    await t.throwsAsync(storage.readRange(`${web.origin}/plain`, 1, 2), { code: 'BB_STORAGE_UNSUPPORTED' });
    web.answer = () => false;
  },
);

test.serial(
  "a dataset is listed in pages, by prefix, and of a revision; its small files are the hub's own",
  async (t) => {
    for (const name of ['data/b.parquet', 'data/a.parquet', 'data-2/c.parquet', 'README.md'])
      hub.files.set(`datasets/org/listed main ${name}`, name === 'README.md' ? Buffer.from('small') : LARGE);
    hub.files.set('datasets/org/listed refs/convert/parquet default/0.parquet', LARGE);
    const storage = await quickStorage('hf://');
    const urls = async (prefix: string) => (await listOf(storage, prefix)).map(({ url }) => url);
    t.deepEqual(await urls('hf://datasets/org/listed/data/'), [
      'hf://datasets/org/listed/data/a.parquet',
      'hf://datasets/org/listed/data/b.parquet',
    ]);
    t.is((await urls('hf://datasets/org/listed/')).length, 4);
    const converted = 'hf://datasets/org/listed@refs/convert/parquet/default/0.parquet';
    t.deepEqual(await urls('hf://datasets/org/listed@refs/convert/parquet/'), [converted]);
    t.is((await storage.stat(converted))?.bytes, LARGE.length);
    const [first] = await listOf(storage, 'hf://datasets/org/listed/data/');
    t.is((await storage.stat(first!.url))?.tag, first!.tag);
    t.is(String(await streamOf(storage, 'hf://datasets/org/listed/README.md')), 'small');
    await t.throwsAsync(listOf(storage, 'hf://datasets/org/none/'), { code: 'BB_STORAGE_NOT_FOUND' });
    await t.throwsAsync(async () => storage.stat('hf://datasets/none'), { code: 'BB_REMOTE_PATH' });
  },
);

test.serial('a dataset whose pages lead back is refused', async (t) => {
  for (const name of ['a', 'b', 'c']) hub.files.set(`datasets/org/circle main ${name}`, LARGE);
  const own = hub.hub.answer;
  hub.hub.answer = (request, response, path) => {
    const link = `<${hub.hub.origin}${request.url}>; rel="next"`;
    if (path.startsWith('/api/')) response.setHeader('link', link);
    return own(request, response, path);
  };
  await t.throwsAsync(listOf(await quickStorage('hf://'), 'hf://datasets/org/circle/'), {
    code: 'BB_STORAGE_UNSUPPORTED',
    message: /lead back/,
  });
  hub.hub.answer = own;
});

test.serial(
  'the token goes to the hub, and never to where it leads; a signed URL that is over is asked for anew',
  async (t) => {
    hub.token = 'hf_secret';
    hub.usesOfUrl = 2;
    hub.files.set('org/model main weights.bin', LARGE);
    const url = 'hf://org/model/weights.bin';
    const denied = await t.throwsAsync((await quickStorage(url)).stat(url), { code: 'BB_STORAGE_DENIED' });
    t.regex(denied.message, /Invalid credentials/);
    process.env['HF_TOKEN'] = 'hf_secret';
    const storage = await quickStorage(url);
    hub.copies.log.length = 0;
    for (let at = 0; at < 5; at++)
      t.deepEqual(await storage.readRange(url, at * 10, 10), LARGE.subarray(at * 10, at * 10 + 10));
    t.true(hub.copies.log.length >= 5);
    t.true(hub.copies.log.every(({ headers }) => headers['authorization'] === undefined));
    // One look at the hub serves as many ranges as its URL is good for.
    t.true(hub.hub.log.filter(({ path }) => path.endsWith('weights.bin')).length <= 5);
    delete process.env['HF_TOKEN'];
    hub.token = undefined;
    hub.usesOfUrl = Number.POSITIVE_INFINITY;
  },
);
