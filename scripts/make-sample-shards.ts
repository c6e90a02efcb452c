/**
 * Writes the sample shards: rows in LAION's joined schema whose URLs point to the demo's own image host.
 * The same on every run.
 *
 *   node .build/scripts/make-sample-shards.js [FOLDER]
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageFolder } from '../src/base/package.ts';
import { CATALOGUE } from '../src/demo/catalogue.ts';
import { DEAD_URLS, FAULTS } from '../src/demo/faults.ts';
import { demoUrl } from '../src/demo/host.ts';
import { Random } from '../src/demo/pictures/random.ts';
import { hashTexts } from '../src/samples/hash.ts';
import { type ColumnType, writeRows } from './write-rows.ts';

const SHARD_COUNT = 2;

const COLUMNS = {
  SAMPLE_ID: 'BIGINT',
  URL: 'VARCHAR',
  TEXT: 'VARCHAR',
  HEIGHT: 'INTEGER',
  WIDTH: 'INTEGER',
  LICENSE: 'VARCHAR',
  NSFW: 'VARCHAR',
  similarity: 'DOUBLE',
  hash: 'BIGINT',
  punsafe: 'FLOAT',
  pwatermark: 'FLOAT',
} as const satisfies Record<string, ColumnType>;

interface Listed {
  readonly url: string | null;
  readonly text: string | null;
  readonly width: number;
  readonly height: number;
  readonly punsafe: number | null;
  readonly pwatermark: number | null;
}

/** What shards say about links that rot: a caption and a size from the day of the crawl. */
const ROTTEN: Omit<Listed, 'url'> = {
  text: 'Picture of the day',
  width: 800,
  height: 600,
  punsafe: 0.0123,
  pwatermark: 0.0456,
};

const encoder = new TextEncoder();

function listAll(): Listed[] {
  const pictures = CATALOGUE.map(({ path, caption, width, height, flaw, punsafe, pwatermark }) => {
    const scale = flaw === 'tiny' ? 0.1 : 1;
    return {
      url: demoUrl(path),
      text: caption,
      width: Math.round(width * scale),
      height: Math.round(height * scale),
      punsafe,
      pwatermark,
    };
  });
  const rotten = [...FAULTS.map(({ path }) => demoUrl(path)), ...DEAD_URLS].map((url) => ({
    ...ROTTEN,
    url,
  }));
  return [...pictures, ...rotten];
}

/** Fisher and Yates. */
function shuffle<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.whole(0, i);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}

function nsfwWord(punsafe: number | null): string | null {
  if (punsafe === null) return null;
  if (punsafe > 0.9) return 'NSFW';
  return punsafe > 0.4 ? 'UNSURE' : 'UNLIKELY';
}

/** Writes `sample-00000.parquet` and so on into the folder. */
export async function makeSampleShards(folder: string): Promise<void> {
  const random = new Random(400_000_000);
  const rows = shuffle(listAll(), random).map(({ url, text, width, height, punsafe, pwatermark }) => ({
    SAMPLE_ID: BigInt(random.whole(0, 2 ** 40)),
    URL: url,
    TEXT: text,
    HEIGHT: height,
    WIDTH: width,
    LICENSE: random.chance(0.1) ? 'CC BY 4.0' : '?',
    NSFW: nsfwWord(punsafe),
    similarity: Math.round(random.between(0.28, 0.4) * 1e6) / 1e6,
    hash: hashTexts([encoder.encode((url ?? '') + (text ?? ''))])[0],
    punsafe,
    pwatermark,
  }));
  await mkdir(folder, { recursive: true });
  const rowsPerShard = Math.ceil(rows.length / SHARD_COUNT);
  for (let shard = 0; shard < SHARD_COUNT; shard++) {
    const path = join(folder, `sample-${String(shard).padStart(5, '0')}.parquet`);
    await writeRows(path, COLUMNS, rows.slice(shard * rowsPerShard, (shard + 1) * rowsPerShard));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await makeSampleShards(process.argv[2] ?? join(packageFolder, 'shards'));
}
