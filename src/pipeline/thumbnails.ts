import { writeNewFile } from '../base/files.ts';
import type { Decoder } from '../decode/decoder.ts';
import type { Sink } from '../runs/commit.ts';
import { type ReportThumbnail, thumbnailFile } from '../runs/thumbnails.ts';
import { numberOrNull } from '../samples/tag-columns.ts';
import type { JudgedShard } from './judge.ts';
import type { ShardWork } from './shard-work.ts';

const THUMBNAIL_SHAPE = { width: 160, height: 160 };

/** The pictures that the shard's picker chose, in input order. */
export const thumbnailsSink: Sink<PicturedWork> = {
  isWanted: ({ work }) => work.picker !== undefined,
  async write(path, shard) {
    await writeNewFile(path, thumbnailFile(await makeThumbnails(shard)));
  },
};

/** What thumbnails are made from, and those that an earlier run made of the same shard. */
interface PicturedWork {
  readonly work: ShardWork;
  readonly judged: JudgedShard;
  readonly decoder: Decoder;
  readonly earlier: { readonly thumbnails: readonly ReportThumbnail[] } | undefined;
}

async function makeThumbnails({ work, judged, decoder, earlier }: PicturedWork): Promise<ReportThumbnail[]> {
  const picked = work.picker?.picked() ?? [];
  const indexes = picked.map(({ index }) => index);
  const captions = await work.shard.readCaptions(indexes);
  const paths = await work.shard.readPaths(indexes);
  const before = new Map(earlier?.thumbnails.map(({ key, thumbnail_base64 }) => [key, thumbnail_base64]));
  return Promise.all(
    picked.map(
      async ({ index, crop }, place): Promise<ReportThumbnail> => ({
        ...describe(work, judged, index),
        caption: captions[place] ?? null,
        ...(typeof paths[place] === 'string' && { path: paths[place] }),
        thumbnail_base64: crop
          ? Buffer.from(await decoder.thumbnail(crop, THUMBNAIL_SHAPE)).toString('base64')
          : before.get(work.shard.keys[index]!)!,
      }),
    ),
  );
}

function describe(
  work: ShardWork,
  { results, tags }: JudgedShard,
  index: number,
): Omit<ReportThumbnail, 'caption' | 'path' | 'thumbnail_base64'> {
  return {
    key: work.shard.keys[index]!,
    score: tags.aesthetic[index]!,
    url: work.shard.urls[index] ?? null,
    punsafe: numberOrNull(tags.punsafe[index]!),
    pwatermark: numberOrNull(tags.pwatermark[index]!),
    width: results.originalWidth[index]!,
    height: results.originalHeight[index]!,
    kept: results.kept[index] === 1,
    dropped_by: results.droppedBy[index] ?? null,
    mime_type: 'image/webp',
  };
}
