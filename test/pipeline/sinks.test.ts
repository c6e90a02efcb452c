import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { decodeNpy } from '../../src/base/npy.ts';
import { createDecoder } from '../../src/decode/decoder.ts';
import { sharp } from '../../src/decode/sharp-library.ts';
import { judgeShard } from '../../src/pipeline/judge.ts';
import { ShardWork } from '../../src/pipeline/shard-work.ts';
import { type JudgedWork, SINKS } from '../../src/pipeline/sinks.ts';
import { ThumbnailPicker } from '../../src/pipeline/thumbnail-picker.ts';
import { SHARD_FILE_KINDS } from '../../src/runs/run-files.ts';
import { emptyCounts } from '../../src/runs/stats.ts';
import { parseThumbnails, type ReportThumbnail } from '../../src/runs/thumbnails.ts';
import { BucketSums } from '../../src/scores/bucket-sums.ts';
import { createFilter } from '../../src/scores/filter.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { clip } from '../helpers/transforms.ts';
import { openShard } from './setup.ts';

const SIDE_PX = 8;
const FAILED = { kind: 'failed', reason: 'timed_out', message: 'late' } as const;

/** Three rows, of which the second failed and the others score 6 and 8. */
async function judge(
  t: ExecutionContext,
  { pictured = true, saveEmbeddings = true, saveConsent = true } = {},
): Promise<JudgedWork> {
  const urls = [1, 2, 3].map((n) => ({ URL: `http://a/${n}`, TEXT: `caption ${n}` }));
  const shard = await openShard(t, urls);
  const picker = pictured ? new ThumbnailPicker(shard.hashes, 7) : undefined;
  const work = new ShardWork(shard, 2, ['aesthetic'], picker);
  work.failed(1, FAILED);
  for (const [index, score] of [
    [0, 6],
    [2, 8],
  ] as const) {
    work.decoded(index, 40, 30);
    work.headScores.aesthetic![index] = score;
    picker?.offer(index, score, new Uint8Array(SIDE_PX * SIDE_PX * 3).fill(20 * score));
    work.embedded(index, Float32Array.of(score / 16, -1));
  }
  const decoder = createDecoder({ transforms: [clip(SIDE_PX)], mode: 'exact', processes: 1 });
  t.teardown(() => decoder.stop());
  const judged = judgeShard(work, createFilter({ minAesthetic: 7, missingTags: 'drop' }), false);
  return {
    work,
    judged,
    sums: new BucketSums(2),
    provenance: { scores: {} },
    saveEmbeddings,
    saveConsent,
    decoder,
    earlier: undefined,
    saved: undefined,
    counts: emptyCounts(),
    startMs: 0,
    endMs: 0,
  };
}

async function write(
  t: ExecutionContext,
  kind: 'embeddings' | 'thumbnails',
  shard: JudgedWork,
): Promise<Buffer> {
  const path = join(await makeFolder(t), 'file');
  await SINKS[kind]!.write(path, shard);
  return readFile(path);
}

test('tags and sums are written of every shard, embeddings and their metadata where they are saved, pictures where some were kept', async (t) => {
  const kinds = (shard: JudgedWork): string[] =>
    SHARD_FILE_KINDS.filter((kind) => SINKS[kind]?.isWanted?.(shard) !== false);
  t.deepEqual(kinds(await judge(t, { pictured: false, saveEmbeddings: false, saveConsent: false })), [
    'tags',
    'partials',
  ]);
  t.deepEqual(
    kinds(await judge(t)),
    SHARD_FILE_KINDS.filter((kind) => !kind.startsWith('saved')),
  );
});

test('saved embeddings are those of the scored rows, in input order', async (t) => {
  const { shape, data } = decodeNpy(await write(t, 'embeddings', await judge(t)));
  t.deepEqual(shape, [2, 2]);
  t.deepEqual([...data], [6 / 16, -1, 0.5, -1]);
});

test("pictures have their rows' facts and verdicts, in input order, as small WebP files", async (t) => {
  const shard = await judge(t);
  const samples = parseThumbnails(await write(t, 'thumbnails', shard));
  t.deepEqual(
    samples.map(({ score, caption, url, kept, dropped_by }) => ({ score, caption, url, kept, dropped_by })),
    [
      { score: 6, caption: 'caption 1', url: 'http://a/1', kept: false, dropped_by: 'aesthetic' },
      { score: 8, caption: 'caption 3', url: 'http://a/3', kept: true, dropped_by: null },
    ],
  );
  t.like(samples[0], { key: shard.work.shard.keys[0]!, width: 40, height: 30, punsafe: null });
  const { format, width, height } = await sharp(
    Buffer.from(samples[0]!.thumbnail_base64, 'base64'),
  ).metadata();
  t.deepEqual({ format, width, height }, { format: 'webp', width: 160, height: 160 });
});

test('a picture that an earlier run made is taken over, with what is known of its row now', async (t) => {
  const shard = await judge(t);
  const [first, , third] = shard.work.shard.keys;
  const old = (key: string): ReportThumbnail => ({
    ...{ key, score: 1, caption: 'old', url: null, punsafe: null, pwatermark: null, width: 1, height: 1 },
    ...{ kept: true, dropped_by: null, mime_type: 'image/webp', thumbnail_base64: 'b2xk' },
  });
  shard.work.picker!.offer(0, 6, undefined);
  const picked = { ...shard, earlier: { thumbnails: [old(first!), old(third!)] } as never };
  const samples = parseThumbnails(await write(t, 'thumbnails', picked));
  t.deepEqual(
    samples.map(({ key, caption, kept }) => [key, caption, kept]),
    [
      [first, 'caption 1', false],
      [third, 'caption 3', true],
    ],
  );
  t.is(samples[0]!.thumbnail_base64, 'b2xk');
  t.not(samples[1]!.thumbnail_base64, 'b2xk');
});
