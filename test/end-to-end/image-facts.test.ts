import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sharp } from '../../src/decode/sharp-library.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { type ImageHost, type Resource, startImageHost } from '../helpers/image-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { type CliResult, LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { buildShard } from '../helpers/shard-builder.ts';

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface FactsWorld {
  readonly host: ImageHost;
  readonly folder: string;
  /** What is served, by row: a picture, another picture than the row's digest is of, a page, a small picture; a dead link has none. */
  readonly served: readonly (Buffer | undefined)[];
  readonly score: (run: string, ...flags: string[]) => Promise<CliResult>;
}

/** Rows of which two are scored: one of a picture with Exif, and one of a picture whose digest is in capitals. */
async function makeRows(t: ExecutionContext): Promise<FactsWorld> {
  const folder = await makeFolder(t);
  const picture = await makePicture(1);
  const exif = { IFD0: { Make: 'Bowerbird' }, IFD2: { ExposureTime: '10/1000' } };
  const made = await sharp(picture).withExif(exif).jpeg().toBuffer();
  const page = Buffer.from('<html>');
  const small = await makePicture(2, 10, 10);
  const served = [made, picture, picture, page, small, undefined, picture];
  const sums = [
    md5(made),
    md5(picture).toUpperCase(),
    md5(made),
    md5(page),
    md5(small),
    md5(made),
    'unknown',
  ];
  const resources = new Map<string, Resource>();
  for (const [row, bytes] of served.entries()) if (bytes) resources.set(`/${row}`, bytes);
  const host = await startImageHost(resources);
  t.teardown(() => host.stop());
  const rows = sums.map((sum, row) => ({
    ...{ URL: `${host.origin}/${row}`, TEXT: `row ${row}`, sum, similarity: row / 8, exif: 'own' },
  }));
  await buildShard(join(folder, 'shard.parquet'), rows);
  const score = async (run: string, ...flags: string[]): Promise<CliResult> => {
    const result = await runCli([
      ...['score', join(folder, 'shard.parquet'), '--output-folder', join(folder, run)],
      ...['--min_image_size', '20', '--save-embeddings', ...LOOPBACK_FLAGS, ...flags],
    ]);
    t.is(result.exitCode, 0, result.stderr);
    return result;
  };
  return { host, folder, served, score };
}

const FLAGS = [
  '--compute_hash',
  'sha256',
  '--verify_hash',
  '["sum","md5"]',
  '--extract_exif',
  '--compute_phash',
];

test('digests, Exif data and perceptual hashes stand in columns of their names, other images than the expected fail, and a rerun has the same bytes', async (t) => {
  const { host, folder, served, score } = await makeRows(t);
  await score('first', ...FLAGS);
  t.false(host.requests.has('/6'), 'nobody is asked for an image whose digest is not known');
  const tags = await readParquet(join(folder, 'first', 'tags', '00000.parquet'));
  t.deepEqual(
    tags.map(({ reason }) => reason),
    [
      ...[null, null, 'hash_mismatch', 'format_unsupported', 'image_too_small'],
      ...['http_not_found', 'hash_missing'],
    ],
  );
  t.like(tags[2], { status: 'failed_to_download', error_message: 'hash mismatch', original_width: null });
  t.deepEqual(
    tags.map((row) => row['sha256']),
    served.map((bytes, row) => (bytes && row !== 6 ? sha256(bytes) : null)),
  );
  const [made, plain, ...failed] = tags.map(({ exif }) => exif);
  t.like(JSON.parse(made as string), { 'Image Make': 'Bowerbird', 'EXIF ExposureTime': '1/100' });
  t.is(plain, '{}');
  t.true(failed.every((exif) => exif === null));
  t.true(tags.every(({ input_exif: own }) => own === 'own'));
  t.deepEqual(Object.keys(tags[0]!).slice(-4), ['dropped_by', 'exif', 'sha256', 'phash']);
  t.is(typeof tags[0]!['phash'], 'bigint');
  t.is(typeof tags[1]!['phash'], 'bigint');
  t.true(tags.slice(2).every(({ phash }) => phash === null));

  const metadata = await readParquet(join(folder, 'first', 'metadata', 'metadata_00000.parquet'));
  t.deepEqual(metadata, tags.slice(0, 2));
  const stats = JSON.parse(await readFile(join(folder, 'first', 'stats', '00000_stats.json'), 'utf8'));
  t.like(stats, {
    ...{ count: 7, successes: 2, failed_to_download: 3, failed_to_resize: 2 },
    reasons: { hash_mismatch: 1, hash_missing: 1, http_not_found: 1, image_too_small: 1 },
  });
  const report = await readFile(join(folder, 'first', 'report.html'), 'utf8');
  t.true(report.includes('hash_mismatch') && report.includes('hash_missing'));

  await score('second', ...FLAGS, '--thread-count', '1');
  t.deepEqual(await digestRun(join(folder, 'second')), await digestRun(join(folder, 'first')));
  const changed = await runCli([
    ...['score', join(folder, 'shard.parquet'), '--output-folder', join(folder, 'first')],
    ...['--min_image_size', '20', '--save-embeddings', ...LOOPBACK_FLAGS, '--compute_hash', 'md5'],
  ]);
  t.is(changed.exitCode, 2);
  t.regex(changed.stderr, /--compute-hash was "sha256", is "md5"/);
  t.regex(changed.stderr, /--verify-hash was \["sum","md5"\], is null/);
});

test('rows that are not tried again keep their digests, Exif data and perceptual hashes, also where thresholds change', async (t) => {
  const { host, folder, served, score } = await makeRows(t);
  await score('run', ...FLAGS);
  const before = await readParquet(join(folder, 'run', 'tags', '00000.parquet'));
  host.resources.set('/5', served[0]!);
  await score(
    'run',
    ...FLAGS,
    '--retry-failed',
    '--retry-reasons',
    'http_not_found',
    '--min-aesthetic',
    '20',
  );
  const after = await readParquet(join(folder, 'run', 'tags', '00000.parquet'));
  t.like(after[5], { status: 'success', sha256: sha256(served[0]!), ...pick(before[0]!, 'exif', 'phash') });
  const facts = (row: Record<string, unknown>): unknown => pick(row, 'sha256', 'exif', 'phash', 'reason');
  t.deepEqual(after.toSpliced(5, 1).map(facts), before.toSpliced(5, 1).map(facts));
  t.true(after.every(({ kept }) => kept === false));
});

function pick(row: Record<string, unknown>, ...names: string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}

test('of the columns of the input those that are asked for go through, beside those that play a part', async (t) => {
  const { folder, score } = await makeRows(t);
  await score('run', '--save_additional_columns', '["similarity"]');
  const [row] = await readParquet(join(folder, 'run', 'tags', '00000.parquet'));
  const columns = Object.keys(row!);
  t.deepEqual(columns.slice(0, columns.indexOf('status')), ['key', 'hash', 'URL', 'TEXT', 'similarity']);
  await score('none', '--save_additional_columns', '[]');
  const [other] = await readParquet(join(folder, 'none', 'tags', '00000.parquet'));
  t.false('similarity' in other!);
  t.false('exif' in other!);
});

test('images in files have the same digests as by URL, and are verified by what stands beside them', async (t) => {
  const folder = await makeFolder(t);
  const photos = join(folder, 'photos');
  await mkdir(photos);
  const pictures = await Promise.all([1, 2, 3].map((seed) => makePicture(seed)));
  const sums = [sha256(pictures[0]!), sha256(pictures[0]!), null];
  for (const [i, picture] of pictures.entries()) {
    await writeFile(join(photos, `${i}.jpg`), picture);
    await writeFile(join(photos, `${i}.json`), JSON.stringify({ sha256: sums[i] }));
  }
  const result = await runCli([
    ...[
      'score',
      photos,
      '--output-folder',
      join(folder, 'out'),
      '--processes-count',
      '1',
      '--batch-size',
      '2',
    ],
    ...['--compute-hash', 'sha256', '--verify-hash', 'sha256,sha256'],
  ]);
  t.is(result.exitCode, 0, result.stderr);
  const tags = await readParquet(join(folder, 'out', 'tags', '00000.parquet'));
  t.deepEqual(
    tags.map((row) => [row['reason'], row['sha256'], row['input_sha256']]),
    [
      [null, sums[0], sums[0]],
      ['hash_mismatch', sha256(pictures[1]!), sums[1]],
      ['hash_missing', null, null],
    ],
  );
});

test('a row that has neither a digest nor a URL fails for its URL', async (t) => {
  const folder = await makeFolder(t);
  const list = join(folder, 'list.csv');
  await writeFile(list, 'url,sum\nhttp://127.0.0.1:1/a,NA\n,\nonly one field\n');
  const result = await runCli([
    ...['score', list, '--output-folder', join(folder, 'out'), '--verify-hash', 'sum,md5', ...LOOPBACK_FLAGS],
  ]);
  t.is(result.exitCode, 0, result.stderr);
  const tags = await readParquet(join(folder, 'out', 'tags', '00000.parquet'));
  t.deepEqual(
    tags.map(({ reason }) => reason),
    ['hash_missing', 'url_missing', 'url_missing'],
  );
});
