import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import test from 'ava';
import { decodeNpy } from '../../src/base/npy.ts';
import { type MergedRun, mergeRun } from '../../src/runs/merge.ts';
import { RunFolder } from '../../src/runs/run-folder.ts';
import { readWhatIf } from '../../src/runs/what-if.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { commitRows, type MadeRow, type TakenFolder, takeFolder, thumbnailOf } from './setup.ts';

const FIRST: readonly MadeRow[] = [
  { failed: true },
  { aesthetic: 6, punsafe: 0.1 },
  { aesthetic: 7.5, punsafe: 0.1 },
];
const SECOND: readonly MadeRow[] = [
  { aesthetic: 7, punsafe: null },
  { aesthetic: 1, punsafe: 0.1 },
];
const SPECS = [
  { id: 0, inputIndex: 0, firstRow: 0, rowCount: 3 },
  { id: 1, inputIndex: 0, firstRow: 3, rowCount: 2 },
];

async function merge({ folder }: TakenFolder, into: RunFolder, specs = SPECS): Promise<MergedRun> {
  return mergeRun(folder, into, specs, { dimension: 2, aestheticHead: undefined });
}

test('a run is the sum of its shards: rows, buckets, histogram, pictures and paces', async (t) => {
  const place = await takeFolder(t);
  await commitRows(place, 0, FIRST);
  await commitRows(place, 1, SECOND, { thumbnails: [thumbnailOf('1/0', 7)] });
  const merged = await merge(place, new RunFolder(await makeFolder(t)));
  t.like(merged.counts, {
    count: 5,
    successes: 4,
    failed_to_download: 1,
    kept: 2,
    reasons: { timed_out: 1 },
  });
  t.deepEqual(merged.counts.dropped_by, { aesthetic: 1, punsafe_missing: 1 });
  t.deepEqual(
    merged.buckets
      .filter(({ count }) => count > 0)
      .map(({ name, count, meanScore }) => [name, count, meanScore]),
    [
      ['1', 1, 1],
      ['6', 1, 6],
      ['7', 2, 7.25],
    ],
  );
  t.deepEqual(merged.keptWithout, { punsafe: 0, pwatermark: 2 });
  t.deepEqual(
    merged.thumbnails.map(({ key }) => key),
    ['1/0'],
  );
  t.deepEqual(merged.paces[1], {
    ...{ shardId: 1, rows: 2, successes: 2, startSeconds: 1, endSeconds: 3 },
    stageSeconds: { download: 1, decode: 2, embed: 3 },
    stageSlots: { download: 1, decode: 2, embed: 3 },
  });
  t.is(merged.meanCheck, undefined);
});

test('what is merged lies in another folder: a mean for each bucket with rows, and the cube', async (t) => {
  const place = await takeFolder(t);
  await commitRows(place, 0, FIRST);
  const into = new RunFolder(await makeFolder(t));
  await merge(place, into, SPECS.slice(0, 1));
  t.deepEqual([...decodeNpy(await readFile(into.file('bucket_means/rating7.npy'))).data], [1, 0]);
  t.false(existsSync(into.file('bucket_means/rating8.npy')));
  t.is((await readWhatIf(into.whatIf))?.rows, 2);
  t.false(existsSync(place.folder.bucketsJson));
});

test('a run with a shard that is not finished is not merged', async (t) => {
  const place = await takeFolder(t);
  await commitRows(place, 0, FIRST);
  const into = new RunFolder(await makeFolder(t));
  const refusal = { code: 'BB_RUN_CORRUPT', message: /^Shard 1 of .* is not finished/ };
  await t.throwsAsync(merge(place, into), refusal);
  await commitRows(place, 1, SECOND);
  await rm(place.folder.embeddings(1));
  await t.throwsAsync(merge(place, into), refusal);
});

test('a shard whose stats account for other rows than it has is refused', async (t) => {
  const place = await takeFolder(t);
  await commitRows(place, 0, FIRST);
  const into = new RunFolder(await makeFolder(t));
  await t.throwsAsync(merge(place, into, [{ ...SPECS[0]!, rowCount: 4 }]), {
    code: 'BB_RUN_CORRUPT',
    message: /accounts for 3 rows in 3, but shard 0 has 4/,
  });
});

test('sums with another content than was written are refused by name', async (t) => {
  const place = await takeFolder(t);
  await commitRows(place, 0, FIRST);
  const bytes = await readFile(place.folder.partials(0));
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(place.folder.partials(0), bytes);
  await t.throwsAsync(merge(place, new RunFolder(await makeFolder(t)), SPECS.slice(0, 1)), {
    code: 'BB_RUN_CORRUPT',
    message: /partials\/00000\.arrow is damaged/,
  });
});
