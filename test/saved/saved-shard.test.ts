import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { digestFile } from '../../src/runs/file-digest.ts';
import { EarlierImages } from '../../src/saved/earlier-images.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../../src/saved/settings.ts';
import type { SavedTables } from '../../src/tables/pictures/saved-tables.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { isOpen } from '../helpers/open-files.ts';
import { readParquet, readProvenance } from '../helpers/read-parquet.ts';
import { readSaved, readTables } from '../helpers/saved-samples.ts';
import { duck, PROVENANCE } from '../shards/fixtures.ts';
import { makeImages } from './setup.ts';

interface Written {
  readonly folder: string;
  readonly tables: SavedTables;
  readonly images: readonly Buffer[];
  readonly place: Parameters<typeof EarlierImages.open>[0];
}

/** Writes the images of a shard in a format, where a run would. */
async function writeShard(
  t: ExecutionContext,
  outputFormat: OutputFormat,
  count = 5,
  bytes = 700,
): Promise<Written> {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'images'));
  const { tables, images, openShard } = await makeImages(t, { count, bytes });
  const shard = openShard(outputFormat);
  const at = (name: string): string => join(folder, 'images', name);
  const table = at('00000.parquet');
  await shard.writeTable(table);
  const paths = { webdataset: at('00000.tar'), files: at('00000'), parquet: table };
  if (outputFormat === 'webdataset') await shard.writeTar(paths.webdataset);
  if (outputFormat === 'files') await shard.writeFolder(paths.files);
  t.is(
    shard.savedBytes,
    images.reduce((sum, { length }) => sum + length, 0),
  );
  return { folder, tables, images, place: { settings: shard.settings, table, images: paths[outputFormat] } };
}

for (const format of OUTPUT_FORMATS)
  test(`images in the format ${format} are read again by their keys, with their sizes`, async (t) => {
    const { folder, tables, images, place } = await writeShard(t, format);
    const earlier = await EarlierImages.open(place, tables, folder);
    t.teardown(() => earlier.close());
    t.deepEqual([...earlier.keys], ['000000', '000001', '000002', '000003', '000004']);
    for (const [row, key] of [...earlier.keys].entries()) {
      const image = earlier.get(key)!;
      t.deepEqual(Buffer.from(await image.read()), images[row]);
      t.like(image, { width: 10 + row, height: 20 });
      if (format !== 'parquet') t.is(image.extension, row % 2 === 0 ? 'jpg' : 'webp');
    }
    t.deepEqual(
      (await readdir(join(folder, 'images'))).filter((name) => name.startsWith('.')),
      [],
    );
  });

test('archives and folders hold the same parts, an empty text where there is no caption, in the order of webdataset', async (t) => {
  const archive = await writeShard(t, 'webdataset');
  const parts = await readSaved(archive.folder);
  t.deepEqual(Object.keys(parts).slice(0, 6), [
    ...['000000.jpg', '000000.json', '000000.txt'],
    ...['000001.json', '000001.txt', '000001.webp'],
  ]);
  t.is(parts['000000.txt']!.toString(), '');
  t.is(parts['000001.txt']!.toString(), 'naïve 😀 1');
  t.regex(
    parts['000001.json']!.toString(),
    /"hash":9007199254740994,"list":\[1,null\],"struct":\{"a":1,"b":\["x"\]\}/,
  );
  const files = await writeShard(t, 'files');
  t.deepEqual(await readSaved(files.folder), parts);
});

test('the same images give the same archive, whenever it is written', async (t) => {
  const [first, second] = [await writeShard(t, 'webdataset'), await writeShard(t, 'webdataset')];
  t.deepEqual(await readFile(first.place.images!), await readFile(second.place.images!));
});

test('a column of images keeps all other columns, over many parts, and places in the file that hold', async (t) => {
  const count = 2100;
  const { folder, images, place } = await writeShard(t, 'parquet', count, 20);
  const metadata = await parquetMetadataAsync(await asyncBufferFromFile(place.table));
  t.is(metadata.row_groups.length, 3);
  const rows = await readTables(folder, 'images');
  t.is(rows.length, count);
  for (const row of [0, 999, 1000, 2099]) {
    t.deepEqual(Buffer.from(rows[row]!['jpg'] as Uint8Array), images[row]);
    t.like(rows[row], { hash: 9007199254740993n + BigInt(row), width: 10 + row });
  }
  const sums = join(folder, 'sums.parquet');
  await duck(
    `COPY (SELECT count(*) AS n, sum(octet_length(jpg))::BIGINT AS bytes, count(*) FILTER (list[1] = width - 10) AS lists
     FROM '${place.table}' WHERE hash >= 9007199254740993 + 1000) TO '${sums}' (FORMAT parquet)`,
  );
  const bytes = images.slice(1000).reduce((sum, { length }) => sum + length, 0);
  t.deepEqual(await readParquet(sums), [{ n: 1100n, bytes: BigInt(bytes), lists: 1100n }], 'another reader');
});

test('a reader that passes over what a footer rules out loses no row at either end of a column with microseconds', async (t) => {
  const { folder, place } = await writeShard(t, 'parquet');
  const found = join(folder, 'found.parquet');
  await duck(
    `COPY (SELECT count(*) FILTER (time = TIMESTAMP '1960-01-01 01:02:03.456789') AS first FROM '${place.table}'
     WHERE time <= TIMESTAMP '1960-01-01 01:02:03.456789') TO '${found}' (FORMAT parquet)`,
  );
  t.deepEqual(await readParquet(found), [{ first: 1n }]);
  await duck(
    `COPY (SELECT count(*) AS last FROM '${place.table}'
     WHERE time >= TIMESTAMP '1960-01-01 01:02:03.456793') TO '${found}' (FORMAT parquet)`,
  );
  t.deepEqual(await readParquet(found), [{ last: 1n }]);
});

test('a table with images states the provenance of its scores, also once its images are taken out', async (t) => {
  const { folder, tables, place } = await writeShard(t, 'parquet');
  t.deepEqual(await readProvenance(place.table), PROVENANCE);
  const without = join(folder, 'without.parquet');
  await tables.dropColumn(place.table, without, 'jpg');
  t.deepEqual(await readProvenance(without), PROVENANCE);
});

test('a folder is known by what sha256sum prints of its files', async (t) => {
  const { place } = await writeShard(t, 'files', 2);
  const folder = place.images!;
  const lines = await Promise.all(
    (await readdir(folder)).sort().map(async (name) => {
      const sum = createHash('sha256')
        .update(await readFile(join(folder, name)))
        .digest('hex');
      return `${sum}  ${name}\n`;
    }),
  );
  t.like(await digestFile(folder), {
    entries: 6,
    sha256: createHash('sha256').update(lines.join('')).digest('hex'),
  });
});

test('a shard of which an image was taken away is told, with its key', async (t) => {
  const { folder, tables, place } = await writeShard(t, 'files');
  await rm(join(place.images!, '000003.webp'));
  await t.throwsAsync(EarlierImages.open(place, tables, folder), {
    code: 'BB_RUN_CORRUPT',
    message: /000003/,
  });
});

test('an archive that lacks an image, or is cut, does not stay open', async (t) => {
  const { folder, tables, place } = await writeShard(t, 'webdataset');
  const archive = place.images!;
  const whole = await readFile(archive);
  for (const content of [whole.subarray(4096), whole.subarray(0, 1000)]) {
    await writeFile(archive, content);
    await t.throwsAsync(EarlierImages.open(place, tables, folder));
    t.false(isOpen(archive));
  }
});
