import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { digestRun } from '../helpers/digest-run.ts';
import { startFileServer } from '../helpers/file-server.ts';
import { startHubServer } from '../helpers/hub-server.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { type CliResult, runCli, startCli } from '../helpers/run-cli.ts';
import { type S3Request, startS3Server } from '../helpers/s3-server.ts';
import { type BuiltMember, tarOf } from '../helpers/tar-archive.ts';

const server = await startS3Server({ pageSize: 5 });
Object.assign(process.env, server.environment, { AWS_MAX_ATTEMPTS: '3' });
test.after.always(() => server.stop());

const FLAGS = ['--processes-count', '1', '--batch-size', '4', '--save-embeddings'];
const pictures: Buffer[] = [];
test.before(async () => {
  for (let seed = 0; seed < 12; seed++) pictures.push(await makePicture(seed));
});

async function score(input: string, out: string, ...flags: string[]): Promise<CliResult> {
  return runCli(['score', input, '--output-folder', out, ...FLAGS, ...flags]);
}

/** Samples of an image, a caption and a JSON each. */
function samples(count: number): BuiltMember[] {
  return Array.from({ length: count }, (_, i) => i).flatMap((i) => [
    { name: `${i}.jpg`, content: pictures[i % pictures.length]! },
    { name: `${i}.txt`, content: `caption ${i}` },
    { name: `${i}.json`, content: JSON.stringify({ width: i, url: i % 2 ? `http://h/${i}` : null }) },
  ]);
}

async function sameAs(t: ExecutionContext, remote: string, local: string): Promise<void> {
  t.deepEqual(await digestRun(remote), await digestRun(local));
}

function asked(prefix: string, operation: string): S3Request[] {
  return server.log.filter(({ key, operation: done }) => key.startsWith(prefix) && done === operation);
}

function sum(requests: readonly S3Request[]): number {
  return requests.reduce((bytes, { range }) => bytes + (range ? range.to - range.from + 1 : 0), 0);
}

test.serial(
  'tar archives elsewhere give the bytes of those on this machine; each is listed in one request, and its images are read by stretches',
  async (t) => {
    const folder = await makeFolder(t);
    const tars = { '00000.tar': tarOf(samples(7)), '00001.tar': tarOf(samples(5)) };
    await mkdir(join(folder, 'tars'));
    for (const [name, bytes] of Object.entries(tars)) {
      await writeFile(join(folder, 'tars', name), bytes);
      server.hold('bucket', `tars/${name}`, bytes);
    }
    server.hold('bucket', 'tars/00000.parquet', 'beside its archive');
    const [local, remote] = [join(folder, 'local'), join(folder, 'remote')];
    const perShard = ['--number-sample-per-shard', '4'];
    const here = await score(join(folder, 'tars'), local, ...perShard);
    t.is(here.exitCode, 0, here.stderr);
    server.forgetCounts();
    const there = await score('s3://bucket/tars', remote, ...perShard);
    t.is(there.exitCode, 0, there.stderr);
    await sameAs(t, remote, local);
    const record = JSON.parse(await readFile(join(remote, 'run.json'), 'utf8'));
    t.deepEqual(
      record.inputs.map(({ path }: { path: string }) => path),
      ['s3://bucket/tars/00000.tar', 's3://bucket/tars/00001.tar'],
    );
    for (const [name, bytes] of Object.entries(tars)) {
      const gets = asked(`tars/${name}`, 'GetObject');
      t.is(asked(`tars/${name}`, 'HeadObject').length, 1);
      t.deepEqual(gets[0]!.range, { from: 0, to: bytes.length - 1 });
      // Three members lie between two images.
      t.is(gets.length, 1 + (name === '00000.tar' ? 2 : 2), 'one for the list, one for each shard');
      t.true(sum(gets) < 2 * bytes.length);
    }
    t.is(asked('tars/00000.parquet', 'GetObject').length, 0);
    t.false((await readdir(remote)).includes('.staging'));
  },
);

/** Files of a folder with captions, JSON, columns, and what is no image, in an order that only code units give. */
function folderFiles(): Record<string, Buffer> {
  const text = (content: string): Buffer => Buffer.from(content);
  return {
    'a.jpg': pictures[0]!,
    'a.json': text('{"license": "cc0", "width": 3}'),
    'a.txt': text('a cat\n'),
    'a.d/in.png': pictures[1]!,
    'a-b.jpg': pictures[2]!,
    'a/b.JPEG': pictures[3]!,
    'a/b.txt': text(''),
    'a/lone.txt': text('beside nothing'),
    'z/ｆ.jpg': pictures[4]!,
    'z/😀.jpg': pictures[5]!,
    'z/😀.txt': text('a face'),
    'z/broken.jpg': text('no image'),
    'z/empty.jpg': text(''),
    '.hidden/x.jpg': pictures[6]!,
    'z/.y.jpg': pictures[6]!,
    'notes.md': text('about'),
  };
}

async function hold(
  folder: string,
  prefix: string,
  files: Readonly<Record<string, Buffer>>,
): Promise<string> {
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(folder, prefix, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    server.hold('bucket', `${prefix}/${name}`, bytes);
  }
  return join(folder, prefix);
}

test.serial('keys with nothing between two slashes are images and archives like any other', async (t) => {
  const folder = await makeFolder(t);
  for (const name of ['a//b.jpg', '/e.jpg', 'c.jpg', 'd/'])
    server.hold('bucket', `odd/${name}`, pictures[0]!);
  const photos = await score('s3://bucket/odd', join(folder, 'photos'), '--json');
  t.is(photos.exitCode, 0, photos.stderr);
  t.like(JSON.parse(photos.stdout), { count: 3, successes: 3 });
  for (const name of ['a//t.tar', '/t.tar', 't.tar'])
    server.hold('bucket', `oddtars/${name}`, tarOf(samples(2)));
  const tars = await score('s3://bucket/oddtars', join(folder, 'tars'), '--json');
  t.is(tars.exitCode, 0, tars.stderr);
  t.like(JSON.parse(tars.stdout), { count: 6, successes: 6 });
});

test.serial(
  'a folder of images in object storage gives the bytes of one on this machine: one list, one request for each image and each text beside one',
  async (t) => {
    const folder = await makeFolder(t);
    const photos = await hold(folder, 'photos', folderFiles());
    const [local, remote] = [join(folder, 'local'), join(folder, 'remote')];
    const here = await score(photos, local);
    t.is(here.exitCode, 0, here.stderr);
    server.forgetCounts();
    const once = { kind: 'error', status: 503, code: 'SlowDown' } as const;
    server.faults.push({
      fault: { kind: 'cut', bytes: 100 },
      when: ({ key }) => key === 'photos/a-b.jpg',
      times: 1,
    });
    server.faults.push({ fault: once, when: ({ key }) => key === 'photos/a.txt', times: 1 });
    const there = await score('s3://bucket/photos/', remote);
    t.is(there.exitCode, 0, there.stderr);
    t.is(server.faults.splice(0).filter(({ times }) => times !== 0).length, 0);
    await sameAs(t, remote, local);
    t.regex(there.stderr, /Passed over 2 of the files in s3:\/\/bucket\/photos, which are no images/);
    const gets = asked('photos/', 'GetObject').map(({ key }) => key.slice('photos/'.length));
    const images = [
      'a-b.jpg',
      'a-b.jpg',
      'a.d/in.png',
      'a.jpg',
      'a/b.JPEG',
      'z/broken.jpg',
      'z/ｆ.jpg',
      'z/😀.jpg',
    ];
    // A text beside no image may be a list, and is looked into.
    t.deepEqual(gets.sort(), [...images, 'a.json', 'a.txt', 'a.txt', 'z/😀.txt', 'a/lone.txt'].sort());
    // 16 keys on pages of five: some are looked at to see what the folder holds, all are listed for the run.
    t.is(server.counts.byOperation.get('ListObjectsV2'), 2 * 4);
    t.is(asked('photos/', 'HeadObject').length, 0);
  },
);

test.serial(
  'objects that are gone, forbidden or changed are rows that fail; credentials and buckets that are gone end the run, and the same command goes on',
  async (t) => {
    const folder = await makeFolder(t);
    const names = Array.from({ length: 6 }, (_, i) => `${i}.jpg`);
    const photos = await hold(
      folder,
      'faulty',
      Object.fromEntries(names.map((name, i) => [name, pictures[i]!])),
    );
    const [remote, local] = [join(folder, 'remote'), join(folder, 'local')];
    const fail = async (code: string, status: number): Promise<string> => {
      const fault = { kind: 'error', status, code } as const;
      server.faults.push({
        fault,
        when: ({ key, operation }) => key === 'faulty/3.jpg' && operation === 'GetObject',
      });
      const { exitCode, stderr } = await score(
        's3://bucket/faulty',
        remote,
        '--number-sample-per-shard',
        '2',
      );
      server.faults.length = 0;
      t.not(exitCode, 0);
      return /\[(BB_\w+)\]/.exec(stderr)?.[1] ?? stderr;
    };
    t.is(await fail('ExpiredToken', 400), 'BB_STORAGE_EXPIRED');
    t.is(await fail('NoSuchBucket', 404), 'BB_STORAGE_NOT_FOUND');
    const again = await score('s3://bucket/faulty', remote, '--number-sample-per-shard', '2');
    t.is(again.exitCode, 0, again.stderr);
    t.is((await score(photos, local, '--number-sample-per-shard', '2')).exitCode, 0);
    await sameAs(t, remote, local);

    const odd = join(folder, 'odd');
    let isListed = false;
    server.faults.push(
      {
        fault: { kind: 'error', status: 403, code: 'AccessDenied' },
        when: ({ key }) => key === 'faulty/1.jpg',
      },
      {
        fault: { kind: 'slow', ms: 0 },
        when: ({ key, operation }) => {
          if (operation === 'GetObject' && key.startsWith('faulty/') && !isListed) {
            isListed = true;
            server.buckets.get('bucket')!.objects.delete('faulty/4.jpg');
            server.hold('bucket', 'faulty/5.jpg', Buffer.alloc(pictures[5]!.length));
          }
          return false;
        },
      },
    );
    const flawed = await score('s3://bucket/faulty', odd, '--thread-count', '1');
    server.faults.length = 0;
    t.is(flawed.exitCode, 0, flawed.stderr);
    const tags = await readParquet(join(odd, 'tags/00000.parquet'));
    t.deepEqual(
      tags.map(({ reason }) => reason),
      [null, 'file_unreadable', null, null, 'image_missing', 'file_unreadable'],
    );
    t.deepEqual(
      [1, 4, 5].map((row) => tags[row]!['error_message']),
      [
        'Access to the object is denied',
        'The object is not there',
        'The object has changed since it was listed',
      ],
    );
  },
);

test.serial(
  'a worker reads the images of its own shard alone; an archive that was replaced since it was planned ends it',
  async (t) => {
    const folder = await makeFolder(t);
    const tar = tarOf(samples(12));
    server.hold('bucket', 'sliced/a.tar', tar);
    const run = join(folder, 'run');
    const flags = ['--number-sample-per-shard', '6', ...FLAGS];
    const plan = await runCli(['plan', 's3://bucket/sliced/a.tar', '--output-folder', run, ...flags]);
    t.is(plan.exitCode, 0, plan.stderr);
    server.forgetCounts();
    const slice = (index: number): Promise<CliResult> =>
      startCli(['score', '--output-folder', run, '--task-index', `${index}`, '--task-count', '2']).ended;
    const first = await slice(0);
    t.is(first.exitCode, 0, first.stderr);
    const gets = asked('sliced/', 'GetObject');
    t.is(gets.length, 1);
    t.is(server.counts.byOperation.get('HeadObject') ?? 0, 0);
    t.true(sum(gets) < 0.6 * tar.length);
    server.hold('bucket', 'sliced/a.tar', Buffer.concat([tar, Buffer.alloc(512)]));
    const second = await slice(1);
    t.not(second.exitCode, 0);
    t.regex(
      second.stderr,
      /s3:\/\/bucket\/sliced\/a\.tar is no longer what it was when it was first looked at.*\[BB_STORAGE_CHANGED\]/s,
    );
  },
);

test.serial(
  'archives of web servers and of the hub, packed ones of object storage, and folders of the hub are read; folders of web servers are refused',
  async (t) => {
    const folder = await makeFolder(t);
    const [web, hub] = [await startFileServer(), await startHubServer()];
    t.teardown(async () => {
      await Promise.all([web.stop(), hub.stop()]);
      delete process.env['HF_ENDPOINT'];
    });
    process.env['HF_ENDPOINT'] = hub.hub.origin;
    await mkdir(join(folder, 'tars'));
    for (const [name, tar] of [
      ['0.tar', tarOf(samples(3))],
      ['1.tar', tarOf(samples(2))],
    ] as const) {
      web.files.set(`/t/${name}`, tar);
      hub.files.set(`datasets/o/n main in/${name}`, tar);
      server.hold('bucket', `packed/${name}`, gzipSync(tar));
      await writeFile(join(folder, 'tars', name), tar);
    }
    for (const [name, bytes] of Object.entries(folderFiles()))
      hub.files.set(`datasets/o/photos main ${name}`, bytes);
    const local = join(folder, 'local');
    t.is((await score(join(folder, 'tars'), local)).exitCode, 0);
    for (const [place, url] of [
      ['web', `${web.origin}/t/{0..1}.tar?signature=hush`],
      ['hub', 'hf://datasets/o/n@main/in'],
      ['s3', 's3://bucket/packed/*.tar'],
    ] as const) {
      const result = await score(url, join(folder, place));
      t.is(result.exitCode, 0, result.stderr);
      await sameAs(t, join(folder, place), local);
      t.false((await readFile(join(folder, place, 'run.json'), 'utf8')).includes('hush'));
    }
    const photos = await score('hf://datasets/o/photos@main', join(folder, 'photos'));
    t.is(photos.exitCode, 0, photos.stderr);
    const tags = await readParquet(join(folder, 'photos', 'tags/00000.parquet'));
    t.deepEqual(
      tags.map(({ path }) => path),
      ['a-b.jpg', 'a.d/in.png', 'a.jpg', 'a/b.JPEG', 'z/broken.jpg', 'z/empty.jpg', 'z/😀.jpg', 'z/ｆ.jpg'],
    );
    const listed = await score(`${web.origin}/t/`, join(folder, 'none'), '--input-format', 'images');
    t.is(listed.exitCode, 2);
    t.regex(listed.stderr, /a web server lists no files.*\[BB_INPUT_FORMAT\]/s);
  },
);
