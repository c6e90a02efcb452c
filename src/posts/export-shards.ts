import { constants, existsSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BowerbirdError, isMissing } from '../base/errors.ts';
import { makeFolders, writeNewFile } from '../base/files.ts';
import { isEmptyPlace, OutputPlace, resolvePlace } from '../base/output-place.ts';
import { type DuckDBConnection, queryRows, quoteText } from '../tables/duckdb.ts';
import { FilledTable } from '../tables/filled-table.ts';
import { withSpill } from './export.ts';
import { pictureName } from './hash.ts';
import type { PostsTable } from './table.ts';

/** What the folder is known by; it comes last. */
const SHARDS_FILE = 'shards.json';
const FLAG = '--output';
/** As many rows as a shard of `score` has where nothing else is asked for. */
const URL_SHARD_ROWS = 10_000;
/** A file of pictures is one row group, which whoever reads it holds in memory. */
const PICTURE_SHARD_BYTES = 32 * 1024 * 1024;
const PICTURE_SHARD_ROWS = 2048;
/** What `score` takes of a picture where nothing else is asked for. */
const MAX_PICTURE_BYTES = 32 * 1024 * 1024;

const COPY_OPTIONS = 'FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false';

/** Where shards are written, and how. */
export interface ShardsExport {
  readonly output: string;
  /** Whether shards of an earlier export are replaced. */
  readonly overwrite: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onNote?: ((message: string) => void) | undefined;
  /** Called with the number of posts so far. */
  readonly onProgress?: ((posts: number) => void) | undefined;
}

/** What was written: posts of which the first two are the sum. */
export interface ShardsCounts {
  /** Absolute. */
  readonly output: string;
  /** Posts with a picture on this machine. */
  readonly pictures: number;
  /** Posts with a URL alone. */
  readonly urls: number;
  /** Of `pictures`: those whose file has gone, cannot be read or is too large. Their rows have none, and end as `image_missing` in a run. */
  readonly without: number;
}

/**
 * Writes what `score` takes: `pictures/` with the pictures themselves and `urls/` with URLs, Parquet each. All is published together.
 *
 * @throws BowerbirdError BB_OUTPUT_EXISTS where something else lies there, or shards that may not be replaced; BB_OUTPUT_FOLDER, BB_RUN_LOCKED, BB_SHARD_WRITE, BB_DISK_FULL; errors of DuckDB;
 *   the signal's reason when it is aborted
 */
export async function exportShards(posts: PostsTable, options: ShardsExport): Promise<ShardsCounts> {
  const { output, overwrite, onNote } = options;
  refuseTaken(output, overwrite);
  const place = await OutputPlace.take(output, { flag: FLAG, onWait: onNote });
  try {
    refuseTaken(output, overwrite);
    await place.clear();
    const counts = await withSpill(posts, (connection) =>
      new ShardFiles(connection, place.files, options).write(),
    );
    const content = { format: 'bowerbird-post-shards', version: 1, ...counts };
    await writeNewFile(join(place.files, SHARDS_FILE), `${JSON.stringify(content, null, 2)}\n`);
    await place.publish(await ownFiles(place.path), SHARDS_FILE);
    return { output: place.path, ...counts };
  } finally {
    await place.release();
  }
}

/** A post with a picture, as it goes into a shard. */
interface PictureRow {
  readonly postId: string;
  readonly name: string;
  readonly bytes: Buffer | null;
}

class ShardFiles {
  readonly #connection: DuckDBConnection;
  readonly #folder: string;
  readonly #options: ShardsExport;

  constructor(connection: DuckDBConnection, folder: string, options: ShardsExport) {
    this.#connection = connection;
    this.#folder = folder;
    this.#options = options;
  }

  async write(): Promise<Omit<ShardsCounts, 'output'>> {
    // The views are gone through once: what follows reads parts of it by number.
    await this.#connection.run(
      'CREATE TEMP TABLE numbered AS SELECT *, row_number() OVER () - 1 AS place FROM posts',
    );
    const urls = await this.#writeUrls();
    return { ...(await this.#writePictures(urls)), urls };
  }

  async #writeUrls(): Promise<number> {
    const rows = await this.#tableOf('urls', 'image_path IS NULL');
    for (let from = 0, shard = 0; from < rows; from += URL_SHARD_ROWS, shard++) {
      this.#options.signal?.throwIfAborted();
      await this.#copy(
        'urls',
        shard,
        `SELECT url AS "URL", caption AS "TEXT", post_id, "user", likes, "time", hash
         FROM urls WHERE number >= ${from} AND number < ${from + URL_SHARD_ROWS} ORDER BY number`,
      );
      this.#options.onProgress?.(Math.min(rows, from + URL_SHARD_ROWS));
    }
    return rows;
  }

  async #writePictures(before: number): Promise<Pick<ShardsCounts, 'pictures' | 'without'>> {
    const pictures = await this.#tableOf('pictures', 'image_path IS NOT NULL');
    let open: PictureRow[] = [];
    let openBytes = 0;
    let done = 0;
    let without = 0;
    let shard = 0;
    const flush = async (): Promise<void> => {
      if (open.length === 0) return;
      await this.#copyPictures(shard++, open, done - open.length);
      open = [];
      openBytes = 0;
    };
    for (let from = 0; from < pictures; from += PICTURE_SHARD_ROWS) {
      for (const { postId, user, imagePath } of await this.#picturesFrom(from)) {
        this.#options.signal?.throwIfAborted();
        const bytes = await pictureBytes(imagePath);
        if (bytes === null) without++;
        if (openBytes > 0 && openBytes + (bytes?.length ?? 0) > PICTURE_SHARD_BYTES) await flush();
        open.push({ postId, name: pictureName({ postId, user, imagePath }), bytes });
        openBytes += bytes?.length ?? 0;
        done++;
        this.#options.onProgress?.(before + done);
        if (open.length === PICTURE_SHARD_ROWS) await flush();
      }
    }
    await flush();
    return { pictures, without };
  }

  /** The posts of one kind, numbered from 0. @returns how many there are */
  async #tableOf(table: string, condition: string): Promise<number> {
    await this.#connection.run(
      `CREATE TEMP TABLE ${table} AS SELECT *, row_number() OVER (ORDER BY place) - 1 AS number FROM numbered WHERE ${condition}`,
    );
    const [counted] = await queryRows<{ rows: bigint }>(
      this.#connection,
      `SELECT count(*) AS rows FROM ${table}`,
    );
    return Number(counted!.rows);
  }

  async #picturesFrom(from: number): Promise<{ postId: string; user: string; imagePath: string }[]> {
    return queryRows(
      this.#connection,
      `SELECT post_id AS "postId", "user", image_path AS "imagePath" FROM pictures
       WHERE number >= ${from} AND number < ${from + PICTURE_SHARD_ROWS} ORDER BY number`,
    );
  }

  async #copyPictures(shard: number, rows: readonly PictureRow[], from: number): Promise<void> {
    const table = await FilledTable.create(this.#connection, { database: 'temp', table: 'read' }, [
      { name: 'number', type: 'BIGINT' },
      { name: 'name', type: 'VARCHAR' },
      { name: 'bytes', type: 'BLOB' },
    ]);
    table.append([
      BigInt64Array.from(rows, (_, i) => BigInt(from + i)),
      rows.map(({ name }) => name),
      rows.map(({ bytes }) => bytes),
    ]);
    table.close();
    await this.#copy(
      'pictures',
      shard,
      `SELECT name AS path, caption AS "TEXT", post_id, "user", likes, "time", hash, {bytes: bytes, path: name} AS image
       FROM temp.read JOIN pictures USING (number) ORDER BY number`,
    );
    await this.#connection.run('DROP TABLE temp.read');
  }

  async #copy(kind: string, shard: number, select: string): Promise<void> {
    await makeFolders(join(this.#folder, kind));
    const path = join(this.#folder, kind, `${String(shard).padStart(5, '0')}.parquet`);
    await this.#connection.run(`COPY (${select}) TO ${quoteText(path)} (${COPY_OPTIONS})`);
  }
}

/** null where there is none that can be taken. A FIFO or a device is not waited for. */
async function pictureBytes(path: string): Promise<Buffer | null> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (!handle) return null;
  try {
    const stats = await handle.stat();
    return stats.isFile() && stats.size <= MAX_PICTURE_BYTES ? await handle.readFile() : null;
  } catch {
    return null;
  } finally {
    await handle.close();
  }
}

/** @throws BowerbirdError BB_OUTPUT_EXISTS, BB_OUTPUT_FOLDER */
function refuseTaken(given: string, overwrite: boolean): void {
  const path = resolvePlace(given, FLAG);
  if (isEmptyPlace(path)) return;
  const isOurs = existsSync(join(path, SHARDS_FILE));
  if (isOurs && overwrite) return;
  const advice = isOurs
    ? 'Give --incremental-mode overwrite to replace it'
    : 'It holds no shards of posts, so it is never replaced. Name another --output';
  throw new BowerbirdError('BB_OUTPUT_EXISTS', `${path} exists already. ${advice}.`, { fields: { path } });
}

/** The files of an earlier export, by their names in the folder. */
async function ownFiles(folder: string): Promise<string[]> {
  const lists = await Promise.all(
    ['pictures', 'urls'].map(async (kind) => {
      const names = await readdir(join(folder, kind)).catch((thrown: unknown) => {
        if (isMissing(thrown)) return [];
        throw thrown;
      });
      return names.filter((name) => /^\d{5,}\.parquet$/.test(name)).map((name) => join(kind, name));
    }),
  );
  return [...lists.flat(), SHARDS_FILE];
}
