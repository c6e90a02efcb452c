import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { makeSampleShards } from '../../scripts/make-sample-shards.ts';
import { packageFolder } from '../../src/base/package.ts';
import { CATALOGUE } from '../../src/demo/catalogue.ts';
import { DEAD_URLS, FAULTS } from '../../src/demo/faults.ts';
import { demoUrl } from '../../src/demo/host.ts';
import { murmur3LowBits } from '../helpers/murmur3-bigint.ts';

interface SampleRow {
  readonly URL: string | null;
  readonly TEXT: string | null;
  readonly hash: bigint;
  readonly punsafe: number | null;
  readonly pwatermark: number | null;
}

const NAMES = ['sample-00000.parquet', 'sample-00001.parquet'];
const committed = join(packageFolder, 'shards');

async function readBuffer(path: string): Promise<ArrayBuffer> {
  const bytes = await readFile(path);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
}

async function readRows(folder: string): Promise<SampleRow[]> {
  const shards = await Promise.all(
    NAMES.map(async (name) => parquetReadObjects({ file: await readBuffer(join(folder, name)) })),
  );
  return shards.flat() as unknown as SampleRow[];
}

test('the committed sample shards are what their script writes', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-demo-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await makeSampleShards(folder);
  t.deepEqual(await readRows(folder), await readRows(committed));
});

test('the sample shards have the columns and types of a joined LAION shard', async (t) => {
  for (const name of NAMES) {
    const [, ...columns] = parquetMetadata(await readBuffer(join(committed, name))).schema;
    t.deepEqual(
      columns.map((column) => `${column.name} ${column.type}`),
      [
        'SAMPLE_ID INT64',
        'URL BYTE_ARRAY',
        'TEXT BYTE_ARRAY',
        'HEIGHT INT32',
        'WIDTH INT32',
        'LICENSE BYTE_ARRAY',
        'NSFW BYTE_ARRAY',
        'similarity DOUBLE',
        'hash INT64',
        'punsafe FLOAT',
        'pwatermark FLOAT',
      ],
    );
  }
});

test('every picture, fault and dead link is listed once', async (t) => {
  const listed = (await readRows(committed)).map(({ URL }) => URL ?? null);
  const known = [...[...CATALOGUE, ...FAULTS].map(({ path }) => demoUrl(path)), ...DEAD_URLS];
  t.true(listed.length >= 300);
  t.deepEqual(listed.sort(), known.sort());
});

test('the hash column is murmur3 over URL and caption', async (t) => {
  for (const { URL, TEXT, hash } of await readRows(committed)) {
    t.is(hash, murmur3LowBits(Buffer.from((URL ?? '') + (TEXT ?? ''))), URL ?? 'null');
  }
});

test('captions and scores are missing in some rows, and some scores sit exactly on the usual thresholds', async (t) => {
  const rows = await readRows(committed);
  const count = (isWanted: (row: SampleRow) => boolean): number => rows.filter(isWanted).length;
  t.true(count(({ TEXT }) => TEXT === null) > 0);
  t.true(count(({ punsafe }) => punsafe === null) > 0);
  t.true(count(({ pwatermark }) => pwatermark === null) > 0);
  t.true(count(({ punsafe }) => punsafe === 0.5) > 0);
  t.true(count(({ pwatermark }) => pwatermark === Math.fround(0.8)) > 0);
  t.true(count(({ pwatermark }) => (pwatermark ?? 0) > 0.8) > 10);
});
