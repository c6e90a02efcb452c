import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Storage } from '../../src/storage/storage.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { type S3Fault, type S3FaultRule, type S3Request, startS3Server } from '../helpers/s3-server.ts';
import { listOf, pattern, quickStorage, streamOf } from './contract.ts';

const server = await startS3Server({ buckets: ['bucket'], pageSize: 2 });
Object.assign(process.env, server.environment, {
  GS_ENDPOINT_URL: server.endpoint,
  GS_ACCESS_KEY_ID: 'google',
  GS_SECRET_ACCESS_KEY: 'google-secret',
});
test.after.always(() => server.stop());

/** A folder of a test's own, and the faults that meet its objects alone. */
async function world(t: ExecutionContext, attempts?: number, idleMs?: number) {
  const folder = randomUUID();
  const rules: S3FaultRule[] = [];
  t.teardown(() => {
    for (const rule of rules) server.faults.splice(server.faults.indexOf(rule), 1);
  });
  const storage = await quickStorage('s3://bucket', attempts, idleMs);
  return {
    folder,
    storage,
    root: `s3://bucket/${folder}`,
    meet: (fault: S3Fault, times?: number, when: (request: S3Request) => boolean = () => true) => {
      const rule: S3FaultRule = {
        fault,
        ...(times !== undefined && { times }),
        when: (request) => isBelow(request, folder) && when(request),
      };
      rules.push(rule);
      server.faults.push(rule);
    },
  };
}

function isBelow({ key, operation }: S3Request, folder: string): boolean {
  return key.startsWith(folder) && !key.includes('.first-wins-') && operation !== 'HeadBucket';
}

const isPut = ({ operation }: S3Request) => operation === 'PutObject';
const isGet = ({ operation }: S3Request) => operation === 'GetObject';

const PASSING: readonly S3Fault[] = [
  { kind: 'error', status: 500, code: 'InternalError' },
  { kind: 'error', status: 503, code: 'SlowDown' },
  { kind: 'error', status: 429, code: 'TooManyRequests', retryAfter: 0.001 },
  { kind: 'error', status: 400, code: 'RequestTimeout' },
  { kind: 'error', status: 409, code: 'ConditionalRequestConflict' },
  { kind: 'closed' },
];

for (const fault of PASSING) {
  const name = 'code' in fault ? `${fault.status} ${fault.code}` : 'a closed connection';
  test(`${name} is tried again for reads and writes, and counted`, async (t) => {
    const { storage, root, meet } = await world(t);
    meet(fault, 2);
    await storage.put(`${root}/x`, pattern(100));
    meet(fault, 2);
    t.deepEqual(await storage.readRange(`${root}/x`, 0, 100), pattern(100));
    meet(fault, 2);
    t.true(await storage.putIfAbsent(`${root}/y`, pattern(10)));
    t.is(storage.counts.retries, 6);
  });
}

for (const bytes of [100, 9 * 1024 * 1024])
  test(`an object of ${bytes} bytes that is put in the place of another is ours where the answer was lost, and is not tried again over what another has put`, async (t) => {
    const { storage, root, meet } = await world(t);
    const url = `${root}/x`;
    const isLast = ({ operation }: S3Request) =>
      operation === (bytes > 100 ? 'CompleteMultipartUpload' : 'PutObject');
    await storage.put(url, Buffer.from('old'));
    const { tag } = (await storage.stat(url))!;
    meet({ kind: 'lost-answer' }, 1, isLast);
    t.true(await storage.putIfTag(url, pattern(bytes), tag!));
    t.is((await storage.stat(url))!.bytes, bytes);
    await storage.put(url, Buffer.from('old'));
    meet({ kind: 'closed' }, 1, (request) => {
      if (!isLast(request)) return false;
      server.hold('bucket', request.key, 'of another');
      return true;
    });
    t.false(await storage.putIfTag(url, pattern(bytes), tag!));
    t.is(String(await streamOf(storage, url)), 'of another');
  });

test('a service that does not know If-Match of a write is asked what stands, and written to without it', async (t) => {
  const { storage, root, meet } = await world(t);
  await storage.put(`${root}/x`, Buffer.from('old'));
  const { tag } = (await storage.stat(`${root}/x`))!;
  meet({ kind: 'error', status: 501, code: 'NotImplemented' }, undefined, ({ operation, headers }) => {
    return operation === 'PutObject' && headers['if-match'] !== undefined;
  });
  t.false(await storage.putIfTag(`${root}/x`, Buffer.from('new'), '"another"'));
  t.true(await storage.putIfTag(`${root}/x`, Buffer.from('new'), tag!));
  t.is(String(await streamOf(storage, `${root}/x`)), 'new');
});

test('what never passes is told with its place and the number of tries', async (t) => {
  const { storage, root, meet } = await world(t, 3);
  meet({ kind: 'error', status: 503, code: 'SlowDown' });
  const error = await t.throwsAsync(storage.stat(`${root}/x`), { code: 'BB_STORAGE_UNREACHABLE' });
  t.true(error.message.startsWith(`${root}/x cannot be reached: `));
  t.regex(error.message, /503.*tried 3 times\. Run the same command again later/);
  t.is(server.log.filter(({ key }) => root.endsWith(key.replace('/x', ''))).length, 3);
});

test('a body that is cut is gone on with from where it ended, and no byte is read twice', async (t) => {
  const { storage, folder, root, meet } = await world(t);
  const bytes = pattern(200_000);
  server.hold('bucket', `${folder}/x`, bytes);
  meet({ kind: 'cut', bytes: 70_000 }, 2, isGet);
  t.true(bytes.equals(await streamOf(storage, `${root}/x`)));
  const ranges = server.log
    .filter(({ key, range }) => key === `${folder}/x` && range)
    .map(({ range }) => range);
  t.is(ranges.length, 3);
  t.deepEqual(ranges[0], { from: 0, to: 199_999 });
  t.true(ranges[1]!.from > 0 && ranges[1]!.from <= 70_000);
});

test('a body that is cut again and again without a byte more is told as cut, and nothing of it is taken', async (t) => {
  const { storage, folder, root, meet } = await world(t, 3);
  server.hold('bucket', `${folder}/x`, pattern(1000));
  meet({ kind: 'cut', bytes: 0 }, undefined, isGet);
  const error = await t.throwsAsync(storage.readRange(`${root}/x`, 0, 1000));
  t.regex(error.message, /tried 3 times/);
});

test('a body that stands still is asked for again; a reader that is slow is not taken for one', async (t) => {
  const idleMs = 2000;
  const { storage, folder, root, meet } = await world(t, undefined, idleMs);
  const bytes = pattern(400_000);
  server.hold('bucket', `${folder}/x`, bytes);
  meet({ kind: 'stall', bytes: 1000 }, 1, isGet);
  const pieces: Buffer[] = [];
  for await (const piece of storage.readStream(`${root}/x`)) {
    if (pieces.length === 1) await new Promise((resolve) => setTimeout(resolve, idleMs + 200));
    pieces.push(piece);
  }
  t.true(bytes.equals(Buffer.concat(pieces)));
  t.is(storage.counts.retries, 1);
});

test('an object that is replaced while it is read is never a mixture', async (t) => {
  const { storage, folder, root, meet } = await world(t);
  server.hold('bucket', `${folder}/x`, pattern(100_000));
  meet({ kind: 'cut', bytes: 50_000 }, 1, isGet);
  const reading = (async () => {
    for await (const piece of storage.readStream(`${root}/x`)) {
      if (piece.length > 0) server.hold('bucket', `${folder}/x`, Buffer.alloc(100_000));
    }
  })();
  await t.throwsAsync(reading, { code: 'BB_STORAGE_CHANGED' });
});

test('a service that passes over If-Match is found out by the ETag of its answer', async (t) => {
  const { storage, folder, root, meet } = await world(t);
  server.hold('bucket', `${folder}/x`, 'one');
  const before = await storage.stat(`${root}/x`);
  server.hold('bucket', `${folder}/x`, 'two');
  meet({ kind: 'unconditional' });
  await t.throwsAsync(storage.readRange(`${root}/x`, 0, 3, { tag: before?.tag }), {
    code: 'BB_STORAGE_CHANGED',
  });
});

test('a service that passes over If-None-Match is refused before anything is committed there', async (t) => {
  const { storage, folder, root } = await world(t);
  const rule: S3FaultRule = {
    fault: { kind: 'unconditional' },
    when: ({ key }) => key.startsWith(`${folder}/`),
  };
  server.faults.push(rule);
  await t.throwsAsync(storage.putIfAbsent(`${root}/marker`, Buffer.from('x')), {
    code: 'BB_STORAGE_UNSUPPORTED',
    message: /passes over If-None-Match/,
  });
  server.faults.splice(server.faults.indexOf(rule), 1);
  t.deepEqual(server.keys('bucket', folder), []);
});

test('a first-wins write whose answer is lost is known as ours when it is refused the second time', async (t) => {
  const { storage, folder, root, meet } = await world(t);
  meet({ kind: 'lost-answer' }, 1, isPut);
  t.true(await storage.putIfAbsent(`${root}/marker`, Buffer.from('ours')));
  t.is(String(server.bytesOf('bucket', `${folder}/marker`)), 'ours');
});

test("a first-wins write that fails and is refused the second time by another's is known as lost, though the bytes are the same", async (t) => {
  const { storage, folder, root, meet } = await world(t);
  meet({ kind: 'error', status: 500, code: 'InternalError' }, 1, (request) => {
    if (isPut(request)) server.hold('bucket', `${folder}/marker`, 'same');
    return isPut(request);
  });
  t.false(await storage.putIfAbsent(`${root}/marker`, Buffer.from('same')));
});

test('a large write: parts are tried again, a lost answer to the last request is found out, a failure leaves no upload', async (t) => {
  const { storage, folder, root, meet } = await world(t, 3);
  const bytes = pattern(17 * 1024 * 1024);
  const path = join(await makeFolder(t), 'large');
  await writeFile(path, bytes);
  meet({ kind: 'closed' }, 1, ({ operation }) => operation === 'UploadPart');
  meet({ kind: 'lost-answer' }, 1, ({ operation }) => operation === 'CompleteMultipartUpload');
  t.true(await storage.putIfAbsent(`${root}/large`, path));
  t.true(bytes.equals(server.bytesOf('bucket', `${folder}/large`)!));
  meet(
    { kind: 'error', status: 500, code: 'InternalError' },
    undefined,
    ({ operation }) => operation === 'UploadPart',
  );
  await t.throwsAsync(storage.put(`${root}/second`, path), { code: 'BB_STORAGE_UNREACHABLE' });
  t.is(server.bytesOf('bucket', `${folder}/second`), undefined);
  const uploads = [...server.buckets.get('bucket')!.uploads.values()];
  t.deepEqual(
    uploads.filter(({ key }) => key.startsWith(folder)),
    [],
  );
});

test('a bucket that is not there, or vanishes, is told as such', async (t) => {
  server.buckets.set('vanishing', { objects: new Map(), uploads: new Map() });
  const storage = await quickStorage('s3://vanishing');
  await storage.put('s3://vanishing/x', Buffer.from('1'));
  server.buckets.delete('vanishing');
  const gone = { code: 'BB_STORAGE_NOT_FOUND', message: /no such bucket/ };
  await t.throwsAsync(storage.put('s3://vanishing/x', Buffer.from('1')), gone);
  await t.throwsAsync(listOf(storage, 's3://vanishing/'), gone);
  const fresh = await quickStorage('s3://vanishing');
  await t.throwsAsync(fresh.stat('s3://vanishing/x'), gone);
});

test('credentials that expire are read anew once, and told of where they are still old', async (t) => {
  const { storage, folder, root, meet } = await world(t);
  server.hold('bucket', `${folder}/x`, 'abc');
  const expired: S3Fault = { kind: 'error', status: 400, code: 'ExpiredToken' };
  const isOld = ({ headers }: S3Request) => !String(headers['authorization']).includes('Credential=renewed/');
  meet(expired, undefined, isOld);
  await t.throwsAsync(storage.readRange(`${root}/x`, 0, 3), {
    code: 'BB_STORAGE_EXPIRED',
    message: /Renew them and run the same command again/,
  });
  // An answer to HEAD has no body, and so no code.
  const looking = await quickStorage('s3://bucket');
  await t.throwsAsync(looking.stat(`${root}/x`), { code: 'BB_STORAGE_EXPIRED' });
  const own = process.env['AWS_ACCESS_KEY_ID'];
  process.env['AWS_ACCESS_KEY_ID'] = 'renewed';
  t.is(String(await storage.readRange(`${root}/x`, 0, 3)), 'abc');
  t.is((await looking.stat(`${root}/x`))?.bytes, 3);
  process.env['AWS_ACCESS_KEY_ID'] = own;
});

test.serial('credentials that are written into their file while a run is at work are read', async (t) => {
  const path = join(await makeFolder(t), 'credentials');
  const write = (id: string): Promise<void> =>
    writeFile(path, `[default]\naws_access_key_id = ${id}\naws_secret_access_key = test-secret\n`);
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = process.env;
  delete process.env['AWS_ACCESS_KEY_ID'];
  delete process.env['AWS_SECRET_ACCESS_KEY'];
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = path;
  t.teardown(() => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY });
    delete process.env['AWS_SHARED_CREDENTIALS_FILE'];
  });
  await write('first');
  const { storage, folder, root, meet } = await world(t);
  server.hold('bucket', `${folder}/x`, 'abc');
  t.is(String(await storage.readRange(`${root}/x`, 0, 3)), 'abc');
  const isOld = ({ headers }: S3Request) => !String(headers['authorization']).includes('Credential=second/');
  meet({ kind: 'error', status: 400, code: 'ExpiredToken' }, undefined, isOld);
  await write('second');
  t.is(String(await storage.readRange(`${root}/x`, 0, 3)), 'abc');
});

test.serial('an endpoint that is no URL is told of by its variable, before anything is asked', async (t) => {
  const own = process.env['GS_ENDPOINT_URL'];
  process.env['GS_ENDPOINT_URL'] = 'storage.example.org:9000';
  await t.throwsAsync(quickStorage('gs://bucket'), {
    code: 'BB_USAGE',
    message: /^GS_ENDPOINT_URL is no URL/,
  });
  process.env['GS_ENDPOINT_URL'] = own;
});

test('who may not is told so at once, without the secret', async (t) => {
  const { storage, root, meet } = await world(t);
  meet({ kind: 'error', status: 403, code: 'AccessDenied' });
  const error = await t.throwsAsync(storage.put(`${root}/x`, Buffer.from('1')), {
    code: 'BB_STORAGE_DENIED',
  });
  t.false(error.message.includes('test-secret'));
  t.is(storage.counts.retries, 0);
});

test("gs:// asks Google's XML API with HMAC keys and its own condition", async (t) => {
  const folder = randomUUID();
  const storage: Storage = await quickStorage('gs://bucket');
  const isProbe = ({ key }: S3Request) => key.startsWith(folder) && key.includes('.first-wins-');
  // The server of these tests does not know Google's header, so the second probe is refused here.
  const rule: S3FaultRule = {
    fault: { kind: 'error', status: 412, code: 'PreconditionFailed' },
    when: (request) =>
      isProbe(request) && request.method === 'PUT' && server.keys('bucket', request.key).length > 0,
  };
  server.faults.push(rule);
  t.true(await storage.putIfAbsent(`gs://bucket/${folder}/x`, Buffer.from('1')));
  server.faults.splice(server.faults.indexOf(rule), 1);
  const [put] = server.log.filter(({ key }) => key === `${folder}/x`);
  t.is(put!.headers['x-goog-if-generation-match'], '0');
  t.is(put!.headers['if-none-match'], undefined);
  t.regex(String(put!.headers['authorization']), /Credential=google\//);
  t.regex(String(put!.headers['authorization']), /SignedHeaders=[^,]*x-goog-if-generation-match/);
  t.is((await listOf(storage, `gs://bucket/${folder}/`))[0]?.url, `gs://bucket/${folder}/x`);
});
