import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RecentMap } from '../../base/recent-map.ts';
import { unread } from '../../pictures/failures.ts';
import { readNames, shardFileName } from '../../runs/run-files.ts';
import { parseThumbnails } from '../../runs/thumbnails.ts';
import type { PicturePlace } from './picture-place.ts';
import type { RunKeys } from './run-keys.ts';

/** Files of thumbnails whose pictures are kept in memory; one has some 200 kB. */
const MOST_FILES = 8;

/** Opens the pictures that a run keeps for its report: some of each score bucket, from at most 64 shards. */
export async function openThumbnails(runFolder: string, keys: RunKeys): Promise<PicturePlace> {
  const files = new RecentMap<number, Promise<ReadonlyMap<number, string>>>(MOST_FILES);
  const pictured = new Set<number>();
  for (const name of await readNames(join(runFolder, 'thumbnails'))) {
    const [, number] = /^(\d{5,})\.json$/.exec(name) ?? [];
    if (number === undefined) continue;
    for (const key of (await readThumbnails(runFolder, Number(number))).keys()) pictured.add(key);
  }
  return {
    origin: 'thumbnail',
    has: (shardId, index) => pictured.has(keys.numberOf(shardId, index)),
    async read({ shardId, index }) {
      const file = files.get(shardId) ?? readThumbnails(runFolder, shardId);
      files.set(shardId, file);
      const base64 = (await file).get(keys.numberOf(shardId, index));
      if (base64 === undefined) return unread('image_missing');
      return { kind: 'read', bytes: Buffer.from(base64, 'base64'), release: () => undefined };
    },
    close: async () => undefined,
  };
}

/** Pictures by the numbers that keys are, in base64; none where the file is not what a run writes. */
async function readThumbnails(runFolder: string, shardId: number): Promise<ReadonlyMap<number, string>> {
  try {
    const samples = parseThumbnails(await readFile(join(runFolder, shardFileName('thumbnails', shardId))));
    return new Map(samples.map(({ key, thumbnail_base64 }) => [Number(key), thumbnail_base64]));
  } catch {
    return new Map();
  }
}
