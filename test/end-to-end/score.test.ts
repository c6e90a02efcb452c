import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { decodeNpy } from '../../src/base/npy.ts';
import { packageFolder } from '../../src/base/package.ts';
import { hashTexts } from '../../src/samples/hash.ts';
import { decodePartials } from '../../src/tables/partials.ts';
import { startFaultHost } from '../helpers/fault-host.ts';
import { startImageHost } from '../helpers/image-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { murmur3LowBits } from '../helpers/murmur3-bigint.ts';
import { makePicture } from '../helpers/pictures.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { type CliResult, LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import { makeWorld, sharedWorld, type World } from '../helpers/scored-world.ts';
import { buildShard } from '../helpers/shard-builder.ts';

interface Head {
  readonly layers: readonly [
    { readonly weights: readonly [readonly number[]]; readonly bias: readonly [number] },
  ];
}

const builtinHead = JSON.parse(
  await readFile(join(packageFolder, 'assets', 'encoders', 'builtin', 'head.json'), 'utf8'),
) as Head;

function headOn(embedding: ArrayLike<number>): number {
  const [{ weights, bias }] = builtinHead.layers;
  return weights[0].reduce((sum, weight, i) => sum + weight * embedding[i]!, bias[0]);
}

const theWorld = sharedWorld({ rowCount: 100 });
let theRun: Promise<CliResult> | undefined;

/** A world whose rows were scored into `out`, in shards of 30, with what the command printed. */
async function scoredWorld(t: ExecutionContext): Promise<{ world: World; result: CliResult }> {
  const world = await theWorld();
  const flags = ['--number-sample-per-shard', '30', '--min-aesthetic', '4', '--save-embeddings', '--json'];
  theRun ??= runCli([
    'score',
    world.shard,
    '--output-folder',
    world.path('out'),
    ...flags,
    ...LOOPBACK_FLAGS,
  ]);
  const result = await theRun;
  t.is(result.exitCode, 0, result.stderr);
  return { world, result };
}

test('every input row comes out once, in order, in one state, with its score, and the sums agree', async (t) => {
  const { world, result } = await scoredWorld(t);

  const names = (await readdir(world.path('out', 'tags'))).sort();
  t.deepEqual(names, ['00000.parquet', '00001.parquet', '00002.parquet', '00003.parquet']);
  const tags = (await Promise.all(names.map((name) => readParquet(world.path('out', 'tags', name))))).flat();
  t.deepEqual(
    tags.map((row) => row['URL']),
    world.rows.map((row) => row['URL']),
  );
  for (const [i, row] of tags.entries()) {
    const { URL, TEXT, punsafe } = world.rows[i]!;
    t.is(row['hash'], murmur3LowBits(Buffer.from(`${URL}${TEXT ?? ''}`)));
    t.is(row['key'], String(Math.floor(i / 30) * 100 + (i % 30)).padStart(7, '0'));
    const expected = i % 9 === 4 ? 'http_not_found' : i % 11 === 5 ? 'image_broken' : null;
    t.is(row['reason'], expected, `row ${i}`);
    t.is(row['status'] === 'success', expected === null);
    if (expected) {
      t.false(row['kept']);
      t.is(row['aesthetic'], null);
      continue;
    }
    const aesthetic = row['aesthetic'] as number;
    const rule =
      aesthetic <= 4
        ? 'aesthetic'
        : punsafe === null
          ? 'punsafe_missing'
          : punsafe === 0.9
            ? 'punsafe'
            : null;
    t.is(row['dropped_by'], rule);
    t.is(row['kept'], rule === null);
    t.deepEqual([row['original_width'], row['original_height']], [96, 72]);
  }

  const summary = JSON.parse(result.stdout) as Record<string, number> & { reasons: Record<string, number> };
  const failed = tags.filter((row) => row['status'] !== 'success').length;
  t.is(summary['count'], 100);
  t.is(summary['successes'], 100 - failed);
  t.is(
    Object.values(summary.reasons).reduce((a, b) => a + b, 0),
    failed,
  );
  t.is(summary['kept'], tags.filter((row) => row['kept']).length);
});

test('means, partial sums, embeddings and buckets belong to the scores that were written', async (t) => {
  const { world } = await scoredWorld(t);
  const scores: number[] = [];
  const counts = new Map<string, number>();
  for (const shard of ['00000', '00001', '00002', '00003']) {
    const { shape, data, dtype } = decodeNpy(
      await readFile(world.path('out', 'img_emb', `img_emb_${shard}.npy`)),
    );
    const metadata = await readParquet(world.path('out', 'metadata', `metadata_${shard}.parquet`));
    const tags = await readParquet(world.path('out', 'tags', `${shard}.parquet`));
    t.is(dtype, 'float16');
    t.is(shape[0], metadata.length);
    const scored = tags.filter((row) => row['status'] === 'success');
    t.deepEqual(
      metadata.map((row) => row['key']),
      scored.map((row) => row['key']),
    );
    for (const [i, row] of metadata.entries()) {
      const embedding = data.subarray(i * shape[1]!, (i + 1) * shape[1]!);
      t.true(Math.abs(headOn(embedding) - (row['aesthetic'] as number)) < 0.05, 'float16 of another row');
      scores.push(row['aesthetic'] as number);
    }
    for (const { bucket, count, scoreSum, embeddingSum } of decodePartials(
      await readFile(world.path('out', 'partials', `${shard}.arrow`)),
    )) {
      counts.set(bucket, (counts.get(bucket) ?? 0) + count);
      if (count > 0) t.true(Math.abs(headOn(embeddingSum.map((x) => x / count)) - scoreSum / count) < 1e-5);
    }
  }

  const buckets = JSON.parse(await readFile(world.path('out', 'buckets.json'), 'utf8')) as {
    buckets: {
      bucket: string;
      count: number;
      mean_score: number | null;
      raw_mean_file: string | null;
      unit_mean_file: string | null;
    }[];
  };
  const table = await readParquet(world.path('out', 'buckets.parquet'));
  for (const [i, { bucket, count, mean_score, raw_mean_file, unit_mean_file }] of buckets.buckets.entries()) {
    const lower = Number(bucket);
    const inside = scores.filter((score) =>
      bucket === 'below' ? score < 0 : bucket === 'above' ? score >= 10 : score >= lower && score < lower + 1,
    );
    t.is(count, inside.length, `bucket ${bucket}`);
    t.is(count, counts.get(bucket) ?? 0);
    t.is(Number(table[i]!['count']), count);
    if (count === 0) {
      t.is(raw_mean_file, null);
      continue;
    }
    t.true(Math.abs(mean_score! - inside.reduce((a, b) => a + b, 0) / count) < 1e-5);
    const raw = decodeNpy(await readFile(world.path('out', raw_mean_file!)));
    t.true(Math.abs(headOn(raw.data) - mean_score!) < 1e-5);
    const unit = decodeNpy(await readFile(world.path('out', unit_mean_file!)));
    t.deepEqual([unit.dtype, unit.shape[0]], ['float32', 1]);
    t.true(Math.abs(Math.hypot(...unit.data) - 1) < 1e-6);
  }
});

test('the JSON files of a run are what their schemas say', async (t) => {
  const { world } = await scoredWorld(t);
  t.deepEqual(schemaProblems('run.schema.json', world.path('out', 'run.json')), []);
  t.deepEqual(schemaProblems('shard-stats.schema.json', world.path('out', 'stats', '00000_stats.json')), []);
  t.deepEqual(schemaProblems('thumbnails.schema.json', world.path('out', 'thumbnails', '00000.json')), []);
  t.deepEqual(schemaProblems('buckets.schema.json', world.path('out', 'buckets.json')), []);
  const page = await readFile(world.path('out', 'report.html'), 'utf8');
  t.regex(page, /photographic measures, not CLIP/);
});

test('the same rows give the same bytes, whatever the concurrency', async (t) => {
  const world = await makeWorld(t, { rowCount: 40, delayMs: 5 });
  const score = async (run: string, flags: string): Promise<void> => {
    const shared = '--allow-private-addresses --number-sample-per-shard 12 --batch-size 4';
    const args = `${shared} ${flags}`.split(' ');
    const result = await runCli(['score', world.shard, '--output-folder', world.path(run), ...args]);
    t.is(result.exitCode, 0, result.stderr);
  };
  await score('wide', '--thread-count 64 --processes-count 2 --encoder-threads 1');
  await score('narrow', '--thread-count 1 --processes-count 1 --encoder-threads 2');
  for (const shard of ['00000', '00001', '00002', '00003']) {
    const [first, second] = await Promise.all(
      ['wide', 'narrow'].map((run) => readFile(world.path(run, 'tags', `${shard}.parquet`))),
    );
    t.true(first!.equals(second!), `shard ${shard}`);
    const [wide, narrow] = await Promise.all(
      ['wide', 'narrow'].map((run) => hostsOf(world.path(run, 'stats', `${shard}_stats.json`))),
    );
    t.deepEqual(withoutPace(wide!), withoutPace(narrow!));
  }
});

interface HostTotals {
  readonly host?: string;
  readonly rows: number;
  readonly successes: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly bytes: number;
  readonly pace: { readonly answers: number; readonly answer_seconds: number };
}

async function hostsOf(stats: string): Promise<{ listed: HostTotals[]; others: HostTotals }> {
  return JSON.parse(await readFile(stats, 'utf8')).hosts;
}

/** What does not depend on when requests were sent. */
function withoutPace({ listed, others }: { listed: HostTotals[]; others: HostTotals }): unknown[] {
  return [...listed, others].map(({ pace: _, ...rest }) => rest);
}

test('rows are told by host: in the stats of each shard, and in the numbers of the run', async (t) => {
  const { world, result } = await scoredWorld(t);
  const [host, ...more] = (await hostsOf(world.path('out', 'stats', '00000_stats.json'))).listed;
  t.deepEqual(more, []);
  const isBroken = (row: number): boolean => row % 11 === 5 && row % 9 !== 4;
  const rows = Array.from({ length: 30 }, (_, row) => row);
  const missing = rows.filter((row) => row % 9 === 4).length;
  const broken = rows.filter(isBroken).length;
  t.like(host, {
    ...{ host: new URL(world.host.origin).host, rows: 30, successes: 30 - missing - broken },
    reasons: { http_not_found: missing, image_broken: broken },
  });
  t.is(host!.pace.answers, 30);
  t.true(host!.pace.answer_seconds > 0);
  const pictures = await Promise.all(Array.from({ length: 12 }, (_, seed) => makePicture(seed)));
  const bytes = rows.map((row) => {
    const { length } = pictures[row % pictures.length]!;
    return row % 9 === 4 ? 0 : isBroken(row) ? Math.floor(length / 2) : length;
  });
  t.is(
    host!.bytes,
    bytes.reduce((a, b) => a + b, 0),
  );
  const { hosts, count, successes, reasons } = JSON.parse(result.stdout);
  t.like(hosts.listed[0], { rows: count, successes, reasons });
});

test('a shard of every kind of failure is accounted for, each row under its own reason', async (t) => {
  const folder = await makeFolder(t);
  const faults = await startFaultHost({ image: await makePicture(1) });
  t.teardown(() => faults.close());
  const expectations: readonly (readonly [string | null, string | null])[] = [
    [faults.url('/ok.jpg'), null],
    [faults.url('/404'), 'http_not_found'],
    [faults.url('/403'), 'http_forbidden'],
    [faults.url('/429'), 'http_too_many_requests'],
    [faults.url('/500'), 'http_server_error'],
    [faults.url('/empty'), 'response_empty'],
    [faults.url('/redirect-loop'), 'redirect_limit'],
    [faults.url('/opt-out?directive=noai'), 'opted_out'],
    [faults.url('/huge'), 'response_too_large'],
    ['http://127.0.0.1:1/closed', 'connect_refused'],
    ['ftp://127.0.0.1/x.jpg', 'url_scheme_unsupported'],
    ['not a url', 'url_invalid'],
    [null, 'url_missing'],
  ];
  const shard = join(folder, 'faults.parquet');
  await buildShard(
    shard,
    expectations.map(([url], i) => ({ url, caption: `row ${i}` })),
  );
  const out = join(folder, 'out');
  const result = await runCli([
    'score',
    shard,
    '--output-folder',
    out,
    ...LOOPBACK_FLAGS,
    '--retries',
    '0',
    '--max-bytes',
    '1000000',
  ]);
  t.is(result.exitCode, 0, result.stderr);
  const tags = await readParquet(join(out, 'tags', '00000.parquet'));
  t.deepEqual(
    tags.map((row) => [row['url'], row['reason']]),
    expectations.map(([url, reason]) => [url, reason]),
  );
  t.true(tags.every((row) => (row['reason'] === null) === (row['error_message'] === null)));
});

test('the ten thousand rows of a real LAION shard are planned and hashed like LAION does it', async (t) => {
  const path = join(packageFolder, '..', 'shared', 'laion', 'urls_1000.parquet');
  if (!existsSync(path)) {
    t.log('skipped: the folder of real LAION rows is not here');
    t.pass();
    return;
  }
  const rows = await readParquet(path);
  const texts = rows.map((row) =>
    Buffer.from(`${row['url'] ?? row['URL'] ?? ''}${row['caption'] ?? row['TEXT'] ?? ''}`),
  );
  t.deepEqual([...hashTexts(texts)], texts.map(murmur3LowBits));
});

test('the photographs of the shared folder are scored through a loopback host', async (t) => {
  const photos = join(packageFolder, '..', 'shared', 'photos');
  if (!existsSync(photos)) {
    t.log('skipped: the folder of photographs is not here');
    t.pass();
    return;
  }
  const names = (await readdir(photos)).filter((name) => /\.(jpg|png)$/.test(name));
  const host = await startImageHost(
    new Map(
      await Promise.all(names.map(async (name) => [`/${name}`, await readFile(join(photos, name))] as const)),
    ),
  );
  t.teardown(() => host.stop());
  const folder = await makeFolder(t);
  const shard = join(folder, 'photos.parquet');
  await buildShard(
    shard,
    names.map((name) => ({ URL: `${host.origin}/${name}`, TEXT: name })),
  );
  const out = join(folder, 'out');
  t.is((await runCli(['score', shard, '--output-folder', out, ...LOOPBACK_FLAGS])).exitCode, 0);
  const tags = await readParquet(join(out, 'tags', '00000.parquet'));
  t.true(tags.every((row) => row['status'] === 'success'));
  t.log(tags.map((row) => `${row['TEXT']} ${(row['aesthetic'] as number).toFixed(2)}`).join(', '));
});
