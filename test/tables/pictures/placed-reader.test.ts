import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { PicturePlace } from '../../../src/pictures/picture-reader.ts';
import { PlacedReader } from '../../../src/tables/pictures/placed-reader.ts';
import { makeFolder } from '../../helpers/make-folder.ts';
import { randomNumbers } from '../../helpers/random-numbers.ts';
import { etagOf, startS3Server } from '../../helpers/s3-server.ts';

const server = await startS3Server();
Object.assign(process.env, server.environment, { AWS_MAX_ATTEMPTS: '3' });
test.after.always(() => server.stop());

const MIB = 1024 * 1024;
const LIMITS = { maxBytes: 20 * MIB, maxBytesInFlight: 64 * MIB };

function noise(bytes: number, seed: number): Buffer {
  const random = randomNumbers(seed);
  const made = Buffer.alloc(bytes);
  for (let at = 0; at + 4 <= bytes; at += 4) made.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  return made;
}

/** Reads all, each given back as soon as it is there. */
async function readAll(reader: PlacedReader, places: readonly PicturePlace[]): Promise<(Buffer | string)[]> {
  return Promise.all(
    places.map(async (place) => {
      const read = await reader.read(place, () => undefined);
      if (read.kind === 'failed') return `${read.reason}: ${read.message}`;
      read.release();
      return read.bytes;
    }),
  );
}

test.serial(
  'neighbours in an archive come in one request of 8 MiB at most; what lies far from others, or in another archive, in one of its own',
  async (t) => {
    const archive = noise(20 * MIB, 3);
    server.hold('bucket', 'a.tar', archive);
    server.hold('bucket', 'b.tar', archive);
    const file = 's3://bucket/a.tar';
    const [tag, other] = [etagOf(archive), 's3://bucket/b.tar'];
    // A member each 3 KiB: all of the first 12 MiB, then three far from one another, then one of the other archive.
    const near = Array.from({ length: 4096 }, (_, i) => ({ file, tag, offset: 512 + i * 3072, bytes: 2000 }));
    const far = [14, 16, 18].map((at) => ({ file, tag, offset: at * MIB, bytes: 70_000 }));
    const places = [...near, ...far, { file: other, tag, offset: 5, bytes: 1000 }];
    server.forgetCounts();
    const reader = new PlacedReader(LIMITS);
    const read = await readAll(reader, places);
    for (const [i, { offset, bytes }] of places.entries())
      if (!archive.subarray(offset, offset + bytes).equals(read[i] as Buffer)) t.fail(`image ${i}`);
    t.is(server.counts.requests, 2 + 3 + 1);
    t.true(server.log.every(({ range }) => range!.to - range!.from < 8 * MIB));
    t.true(server.counts.sentBytes < 12.3 * MIB, `${server.counts.sentBytes}`);
    t.is(reader.heldBytes, 0);
    t.is(reader.readsInFlight, 0);
  },
);

test.serial('a body that is cut goes on, and no image has bytes of another', async (t) => {
  const archive = noise(MIB, 4);
  server.hold('bucket', 'cut.tar', archive);
  const places = Array.from({ length: 100 }, (_, i) => ({
    file: 's3://bucket/cut.tar',
    tag: etagOf(archive),
    offset: i * 10_000,
    bytes: 9_000,
  }));
  server.faults.push({ fault: { kind: 'cut', bytes: 123_456 }, times: 2 });
  server.faults.push({ fault: { kind: 'error', status: 500, code: 'InternalError' }, times: 1 });
  const read = await readAll(new PlacedReader(LIMITS), places);
  t.true(places.every(({ offset }, i) => archive.subarray(offset, offset + 9_000).equals(read[i] as Buffer)));
  t.is(server.faults.splice(0).filter(({ times }) => times !== 0).length, 0);
});

test.serial('what is held at one time stays within the budget, and all are read', async (t) => {
  const archive = noise(4 * MIB, 5);
  server.hold('bucket', 'budget.tar', archive);
  const maxBytesInFlight = 512 * 1024;
  const reader = new PlacedReader({ maxBytes: MIB, maxBytesInFlight });
  const file = 's3://bucket/budget.tar';
  let most = 0;
  const all = Array.from({ length: 64 }, async (_, i) => {
    const read = await reader.read({ file, offset: i * 65_536, bytes: 60_000 }, () => undefined);
    most = Math.max(most, reader.heldBytes);
    await new Promise((resolve) => setImmediate(resolve));
    if (read.kind === 'read') read.release();
    return read.kind;
  });
  t.true((await Promise.all(all)).every((kind) => kind === 'read'));
  t.true(most <= maxBytesInFlight, `${most}`);
  t.is(reader.heldBytes, 0);
});

test.serial(
  'objects are read one by one, beside files of this machine; limits and failures are those of each',
  async (t) => {
    const path = join(await makeFolder(t), 'here.jpg');
    await writeFile(path, 'here');
    const objects = { 'o/1.jpg': 'one', 'o/2.jpg': 'two', 'o/3.jpg': 'three' };
    for (const [key, content] of Object.entries(objects)) server.hold('bucket', key, content);
    const denied = { kind: 'error', status: 403, code: 'AccessDenied' } as const;
    server.faults.push({ fault: denied, when: ({ key }) => key === 'o/2.jpg' });
    const at = (name: string, bytes: number, tag?: string): PicturePlace => ({
      file: `s3://bucket/o/${name}.jpg`,
      bytes,
      tag,
    });
    const reader = new PlacedReader({ maxBytes: 100, maxBytesInFlight: MIB });
    const read = await readAll(reader, [
      at('1', 3),
      { file: path, bytes: 4 },
      at('2', 3),
      at('3', 5, '"another"'),
      at('none', 4),
      at('1', 101),
      at('1', 0),
    ]);
    server.faults.length = 0;
    t.deepEqual(read.map(String), [
      ...['one', 'here', 'file_unreadable: Access to the object is denied'],
      'file_unreadable: The object has changed since it was listed',
      ...['image_missing: The object is not there', 'file_too_large: The file is larger than the limit'],
      'file_empty: The file is empty',
    ]);
    t.is(reader.heldBytes, 0);
  },
);

test.serial(
  'what is no fault of one object is thrown, whatever was asked for, and gives the budget back',
  async (t) => {
    const archive = noise(MIB, 6);
    server.hold('bucket', 'gone.tar', archive);
    server.hold('bucket', 'gone.jpg', 'x');
    const reader = new PlacedReader(LIMITS);
    const member = { file: 's3://bucket/gone.tar', offset: 0, bytes: 100 };
    const object = { file: 's3://bucket/gone.jpg', bytes: 1 };
    const codes = async (place: PicturePlace): Promise<unknown> =>
      reader
        .read(place, () => undefined)
        .then(
          ({ kind }) => kind,
          (thrown: { code: string }) => thrown.code,
        );
    for (const [name, status, code] of [
      ['ExpiredToken', 400, 'BB_STORAGE_EXPIRED'],
      ['NoSuchBucket', 404, 'BB_STORAGE_NOT_FOUND'],
      ['InvalidAccessKeyId', 403, 'BB_STORAGE_DENIED'],
    ] as const) {
      server.faults.push({ fault: { kind: 'error', status, code: name } });
      t.is(await codes(member), code);
      t.is(await codes(object), code);
      server.faults.length = 0;
    }
    t.is(await codes({ ...member, tag: '"another"' }), 'BB_STORAGE_CHANGED');
    t.is(reader.heldBytes, 0);
    t.is(await codes(member), 'read');
  },
);

test.serial('once closed, what waits is not asked for', async (t) => {
  server.hold('bucket', 'closed.tar', noise(MIB, 7));
  const reader = new PlacedReader(LIMITS);
  server.forgetCounts();
  const waiting = reader.read({ file: 's3://bucket/closed.tar', offset: 0, bytes: 10 }, () => undefined);
  reader.close();
  await t.throwsAsync(waiting, { message: /given up/ });
  t.is(server.counts.requests, 0);
});
