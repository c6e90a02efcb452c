import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { Storage } from '../../src/storage/storage.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { type S3Fault, startS3Server } from '../helpers/s3-server.ts';
import { listOf, pattern, quickStorage } from './contract.ts';

const server = await startS3Server({ buckets: [], pageSize: 2 });
Object.assign(process.env, server.environment);
test.after.always(() => server.stop());

/** A bucket of a test's own, with as many objects, and a fault that meets one operation in it. */
async function world(objects: number) {
  const bucket = randomUUID();
  server.buckets.set(bucket, { objects: new Map(), uploads: new Map() });
  for (let i = 0; i < objects; i++) server.hold(bucket, `d/${i}`, 'x');
  const storage: Storage = await quickStorage('s3://bucket');
  const meet = (fault: S3Fault, operation: string, times?: number): void => {
    server.faults.push({
      fault,
      ...(times !== undefined && { times }),
      when: (request) => request.bucket === bucket && request.operation === operation,
    });
  };
  const asked = (operation: string): number =>
    server.log.filter((request) => request.bucket === bucket && request.operation === operation).length;
  return { bucket, root: `s3://${bucket}/d`, storage, meet, asked };
}

test('a listing that goes on and does not say where is refused, and no part of it taken for the whole', async (t) => {
  for (const token of [undefined, '']) {
    const { root, storage, meet } = await world(5);
    meet({ kind: 'token', token }, 'ListObjectsV2');
    await t.throwsAsync(listOf(storage, `${root}/`), {
      code: 'BB_STORAGE_UNSUPPORTED',
      message: /says that its listing goes on, and not where.* Name the files one by one/,
    });
  }
  const { root, storage, meet } = await world(2);
  meet({ kind: 'token', token: undefined }, 'ListObjectsV2');
  t.is((await listOf(storage, `${root}/`)).length, 2);
});

test('a listing whose pages lead back is refused, and asked for no more', async (t) => {
  const { root, storage, meet, asked } = await world(7);
  meet({ kind: 'token', token: 'd/1' }, 'ListObjectsV2');
  await t.throwsAsync(listOf(storage, `${root}/`), { code: 'BB_STORAGE_UNSUPPORTED', message: /lead back/ });
  t.is(asked('ListObjectsV2'), 2);
});

test('an answer of 200 whose body is an error is one, and is asked for again', async (t) => {
  const { bucket, root, storage, meet, asked } = await world(1);
  const failed: S3Fault = { kind: 'error', status: 200, code: 'InternalError' };
  meet(failed, 'CopyObject', 1);
  await storage.copy(`${root}/0`, `${root}/copy`);
  t.is(asked('CopyObject'), 2);
  t.is(String(server.bytesOf(bucket, 'd/copy')), 'x');
  const path = join(await makeFolder(t), 'large');
  const bytes = pattern(17 * 1024 * 1024);
  await writeFile(path, bytes);
  meet(failed, 'CompleteMultipartUpload', 1);
  await storage.put(`${root}/large`, path);
  t.is(asked('CompleteMultipartUpload'), 2);
  t.true(bytes.equals(server.bytesOf(bucket, 'd/large')!));
});
