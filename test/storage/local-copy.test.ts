import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import test from 'ava';
import { localCopy } from '../../src/storage/local-copy.ts';
import { startS3Server } from '../helpers/s3-server.ts';

const server = await startS3Server();
Object.assign(process.env, server.environment, { AWS_MAX_ATTEMPTS: '1' });
test.after.always(() => server.stop());

test('a head that was trained here comes with what tells of its training, once, and a file of another kind comes alone', async (t) => {
  const texts = { 'head.safetensors': 'head', 'training.json': '{"a":1}', 'hashes.txt': '1' };
  for (const [name, text] of Object.entries(texts)) server.hold('bucket', `taste/${name}`, text);
  const notes: string[] = [];
  const copy = (name: string) => localCopy(`s3://bucket/taste/${name}`, (note) => void notes.push(note));
  const head = await copy('head.safetensors');
  t.is(basename(head), 'head.safetensors');
  t.is(await readFile(head, 'utf8'), 'head');
  t.is(await readFile(join(dirname(head), 'training.json'), 'utf8'), '{"a":1}');
  server.forgetCounts();
  t.is(await copy('head.safetensors'), head);
  t.is(server.counts.requests, 0);
  const hashes = await copy('hashes.txt');
  t.is(await readFile(hashes, 'utf8'), '1');
  await t.throwsAsync(readFile(join(dirname(hashes), 'training.json')), { code: 'ENOENT' });
  t.deepEqual(notes, [
    'Fetching s3://bucket/taste/head.safetensors (0.0 MB in 2 files)',
    'Fetching s3://bucket/taste/hashes.txt (0.0 MB)',
  ]);
});

test('a folder of a model comes with all below it, and a key that would lead out of the copy is none of its files', async (t) => {
  for (const name of ['model.onnx', 'deep/manifest.json', '../outside.json', 'deep/../../outside.json'])
    server.hold('bucket', `clip/${name}`, name);
  const folder = await localCopy('s3://bucket/clip', () => undefined);
  t.is(basename(folder), 'clip');
  t.deepEqual((await readdir(dirname(folder), { recursive: true })).sort(), [
    ...['clip', 'clip/deep', 'clip/deep/manifest.json', 'clip/model.onnx'],
  ]);
});

test('where there is neither file nor folder, or too much for a model, that is said', async (t) => {
  const copy = (url: string) => localCopy(url, () => undefined);
  await t.throwsAsync(copy('s3://bucket/none'), {
    code: 'BB_INPUT_NOT_FOUND',
    message: /nothing at s3:\/\/bucket\/none/,
  });
  for (let i = 0; i <= 1000; i++) server.hold('bucket', `many/${i}`, '');
  await t.throwsAsync(copy('s3://bucket/many'), { message: /more than 1000 below it/ });
});
