import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { SavedShard } from '../../src/saved/saved-shard.ts';
import type { OutputFormat } from '../../src/saved/settings.ts';
import { SavedTables } from '../../src/tables/pictures/saved-tables.ts';
import { provenanceOption } from '../../src/tables/provenance.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { randomNumbers } from '../helpers/random-numbers.ts';
import { duck, PROVENANCE } from '../shards/fixtures.ts';

/** A table of saved rows, without images, and images of some sizes for it. */
async function makeRows(
  folder: string,
  count: number,
  bytes: number,
): Promise<{ table: string; images: Buffer[] }> {
  const table = join(folder, 'rows.parquet');
  await duck(
    `COPY (SELECT printf('%06d', i) AS key, CASE WHEN i % 3 = 0 THEN NULL ELSE 'naïve 😀 ' || i END AS caption,
           (10 + i)::INTEGER AS width, 20 AS height, 9007199254740993 + i AS hash, [i, NULL] AS list,
           {'a': i, 'b': ['x']} AS struct, TIMESTAMP '1960-01-01 01:02:03.456789' + i * INTERVAL 1 MICROSECOND AS time,
           (i / 7)::DECIMAL(9, 3) AS price FROM range(${count}) AS numbers(i)) TO '${table}' (FORMAT parquet)`,
  );
  const random = randomNumbers(3);
  const images = Array.from({ length: count }, (_, i) =>
    Buffer.from(Array.from({ length: bytes + i }, () => Math.floor(256 * random()))),
  );
  return { table, images };
}

/** Images of a shard that are to be saved. */
export interface MadeImages {
  /** What DuckDB and parts of tables take; others may as well. */
  readonly folder: string;
  readonly tables: SavedTables;
  readonly images: readonly Buffer[];
  /** The shard, to be written in a format; anew each time. */
  openShard(format: OutputFormat): SavedShard;
}

/** Images of some sizes, every second one a WebP by its name, and what writes them. */
export async function makeImages(
  t: ExecutionContext,
  { count, bytes }: { count: number; bytes: number },
): Promise<MadeImages> {
  const folder = await makeFolder(t);
  const { table: rows, images } = await makeRows(folder, count, bytes);
  const tables = await SavedTables.open(folder);
  t.teardown(() => tables.close());
  const openShard = (outputFormat: OutputFormat): SavedShard =>
    new SavedShard({
      settings: { rows: 'scored', outputFormat, imageColumn: 'jpg' },
      tables,
      images: {
        count,
        extension: (row) => (row % 2 === 0 ? 'jpg' : 'webp'),
        read: async (row) => images[row]!,
        close: async () => undefined,
      },
      writeRows: (path) =>
        duck(`COPY (SELECT * FROM '${rows}') TO '${path}' (FORMAT parquet, ${provenanceOption(PROVENANCE)})`),
    });
  return { folder, tables, images, openShard };
}
