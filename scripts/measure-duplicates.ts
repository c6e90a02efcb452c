// What finds copies of pictures: makes pictures of the demo's scenes and copies of them (resized, compressed again, cut, mirrored), tells how
// many copies are within each distance of their original, and holds `subset --dedup` against a comparison of all pairs.
// Run: npx tsc; node .build/scripts/measure-duplicates.js [--pictures 2500]
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Sharp } from 'sharp';
import { inTemporaryFolder } from '../bench/support/temporary-folder.ts';
import { openers } from '../src/decode/formats.ts';
import { DEFAULT_LIMITS } from '../src/decode/limits.ts';
import { perceptualHash } from '../src/decode/phash.ts';
import { sharp } from '../src/decode/sharp-library.ts';
import { Canvas } from '../src/demo/pictures/canvas.ts';
import { SCENES, type SceneName } from '../src/demo/pictures/scenes.ts';
import { type Dedup, dedupText } from '../src/subset/dedup-options.ts';
import type { SubsetOptions } from '../src/subset/options.ts';
import { runSubset } from '../src/subset/subset.ts';
import { DuckDBInstance } from '../src/tables/duckdb-library.ts';
import { randomNumbers } from '../test/helpers/random-numbers.ts';
import { readParquet } from '../test/helpers/read-parquet.ts';
import { distanceOf, keptByBruteForce, type PictureRow } from '../test/subset/dedup-world.ts';
import { writeRows } from './write-rows.ts';

const [WIDTH, HEIGHT] = [160, 120];
const DISTANCES = [0, 2, 4, 6, 8, 10];
const DIMENSION = 128;

const { values: flags } = parseArgs({ options: { pictures: { type: 'string', default: '2500' } } });

/** Cuts so much of each side. */
function cut(image: Sharp, share: number): Sharp {
  const [left, top] = [Math.round(WIDTH * share), Math.round(HEIGHT * share)];
  return image.extract({ left, top, width: WIDTH - 2 * left, height: HEIGHT - 2 * top });
}

const KINDS: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  'half the size': (image) => image.resize(WIDTH / 2, HEIGHT / 2).jpeg({ quality: 85 }),
  'twice the size': (image) => image.resize(WIDTH * 2, HEIGHT * 2).jpeg({ quality: 85 }),
  'JPEG of quality 30': (image) => image.jpeg({ quality: 30 }),
  'WebP of quality 50': (image) => image.webp({ quality: 50, effort: 1 }),
  'cut by 1 % a side': (image) => cut(image, 0.01).jpeg({ quality: 85 }),
  'cut by 3 % a side': (image) => cut(image, 0.03).jpeg({ quality: 85 }),
  mirrored: (image) => image.flop().jpeg({ quality: 85 }),
};

async function hashOf(bytes: Buffer): Promise<bigint> {
  const format = bytes.subarray(0, 4).toString('latin1') === 'RIFF' ? 'webp' : 'jpeg';
  const opened = await openers[format](bytes, DEFAULT_LIMITS);
  return BigInt(perceptualHash(await opened.decode()));
}

/** The hashes of a picture and of its copies. */
async function hashesOf(seed: number): Promise<bigint[]> {
  const names = Object.keys(SCENES) as SceneName[];
  const canvas = SCENES[names[seed % names.length]!](new Canvas(WIDTH, HEIGHT), seed);
  const raw = { width: canvas.width, height: canvas.height, channels: 3 } as const;
  const original = sharp(canvas.toBytes(), { raw });
  const hashes = [await hashOf(await original.clone().jpeg({ quality: 90 }).toBuffer())];
  for (const make of Object.values(KINDS)) hashes.push(await hashOf(await make(original.clone()).toBuffer()));
  return hashes;
}

function tellRecall(hashes: readonly (readonly bigint[])[]): void {
  console.log(`| copy | ${DISTANCES.map((distance) => `${distance} bits`).join(' | ')} |`);
  console.log(`|---|${DISTANCES.map(() => '---|').join('')}`);
  const line = (name: string, distances: readonly number[]): void => {
    const shares = DISTANCES.map(
      (most) => distances.filter((found) => found <= most).length / distances.length,
    );
    console.log(
      `| ${name} | ${shares.map((share) => `${(100 * share).toFixed(share < 0.001 ? 4 : 1)} %`).join(' | ')} |`,
    );
  };
  for (const [i, name] of Object.keys(KINDS).entries())
    line(
      name,
      hashes.map((own) => distanceOf(own[0]!, own[i + 1]!)),
    );
  const others = hashes.flatMap((own, i) =>
    hashes.slice(i + 1).map((other) => distanceOf(own[0]!, other[0]!)),
  );
  line('another picture', others);
}

/** What `subset --dedup` is held against, and what is near to it. */
const COMPARED: readonly (readonly [Dedup, (a: PictureRow, b: PictureRow) => boolean])[] = [
  [{ by: 'phash', distance: 0 }, (a, b) => a.phash === b.phash],
  [{ by: 'phash', distance: 4 }, (a, b) => distanceOf(a.phash!, b.phash!) <= 4],
  [{ by: 'phash', distance: 8 }, (a, b) => distanceOf(a.phash!, b.phash!) <= 8],
  [{ by: 'embedding', cosine: 0.95 }, (a, b) => dotOf(a.embedding!, b.embedding!) >= 0.95],
];

/** The cosine of vectors of length 1. */
function dotOf(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** A vector near to another one, of length 1. @param share 0 to 1, more is further away */
function nearTo(centre: Float32Array, share: number, random: () => number): Float32Array {
  const vector = centre.map((value) => value + share * (random() - 0.5));
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Writes rows with their embeddings as lists of float32. */
async function writePictures(path: string, rows: readonly PictureRow[]): Promise<void> {
  const plain = path.replace(/parquet$/, 'plain.parquet');
  const cells = rows.map(({ id, URL, aesthetic, phash, embedding }) => ({
    ...{ id, URL, aesthetic, phash, embedding: JSON.stringify([...embedding!]) },
  }));
  const types = {
    id: 'INTEGER',
    URL: 'VARCHAR',
    aesthetic: 'FLOAT',
    phash: 'BIGINT',
    embedding: 'VARCHAR',
  } as const;
  await writeRows(plain, types, cells);
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT * REPLACE (embedding::FLOAT[] AS embedding) FROM '${plain}') TO '${path}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
}

/** What stays of the rows: their ids, in order, and the CPU seconds that it took. */
async function keptBySubset(path: string, dedup: Dedup): Promise<{ kept: number[]; cpuSeconds: number }> {
  const outputFolder = `${path}.${dedup.by}${Object.values(dedup)[1]}`;
  const before = process.cpuUsage();
  await runSubset({ ...OPTIONS, metadata: [path], outputFolder, dedup });
  const { user, system } = process.cpuUsage(before);
  const files = readdirSync(outputFolder).filter((file) => file.endsWith('.parquet'));
  const kept: number[] = [];
  for (const file of files.sort())
    kept.push(...(await readParquet(join(outputFolder, file))).map((row) => row['id'] as number));
  return { kept, cpuSeconds: (user + system) / 1e6 };
}

async function compareWithAllPairs(rows: readonly PictureRow[]): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, 'rows.parquet');
    await writePictures(path, rows);
    for (const [dedup, isNear] of COMPARED) {
      const { kept, cpuSeconds } = await keptBySubset(path, dedup);
      const before = process.cpuUsage();
      const expected = keptByBruteForce(rows, isNear);
      const { user } = process.cpuUsage(before);
      const isSame = kept.length === expected.length && kept.every((id, i) => id === expected[i]);
      console.log(
        `${dedupText(dedup)}: ${rows.length} rows, ${kept.length} kept, ${isSame ? 'the same' : 'OTHERS'} as by comparing all pairs; ${cpuSeconds.toFixed(1)} CPU seconds, ${(user / 1e6).toFixed(1)} for all pairs`,
      );
      if (!isSame) process.exitCode = 1;
    }
  });
}

const OPTIONS: Omit<SubsetOptions, 'metadata' | 'outputFolder'> = {
  ...{ tags: [], selections: [{ name: 'all', kind: 'all' }], missingTags: 'drop', deduplicate: false },
  ...{
    laionCompat: false,
    swapWidthHeight: false,
    skipBadFiles: false,
    compression: 'snappy',
    overwrite: false,
  },
  ...{ threads: 2, memoryLimitMb: 1024, command: 'measure-duplicates' },
};

const hashes: bigint[][] = [];
for (let seed = 0; seed < Number(flags.pictures); seed++) hashes.push(await hashesOf(seed));
tellRecall(hashes);

const random = randomNumbers(5);
const rows = hashes.flatMap((own, picture) => {
  const centre = Float32Array.from({ length: DIMENSION }, () => random() - 0.5);
  return own.map((phash, copy): PictureRow => {
    return {
      ...{
        id: picture * own.length + copy,
        URL: `http://host/${picture}/${copy}`,
        hash: null,
        punsafe: null,
        sha256: null,
      },
      ...{ phash, aesthetic: Math.fround(Math.floor(random() * 400) / 40) },
      embedding: nearTo(centre, 0.15 * copy, random),
    };
  });
});
await compareWithAllPairs(rows);
