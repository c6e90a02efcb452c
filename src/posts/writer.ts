import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { BowerbirdError } from '../base/errors.ts';
import { commitFile, makeFolders } from '../base/files.ts';
import { isEmptyPlace, OutputPlace, resolvePlace } from '../base/output-place.ts';
import { type DuckDBConnection, type DuckDBInstance, openDuckDb } from '../tables/duckdb.ts';
import { digestFile } from './digest-file.ts';
import {
  PART_KINDS,
  type PartCounts,
  type PostsRecord,
  partPath,
  readRecord,
  writeRecord,
} from './folder.ts';
import { IdIndex } from './ids.ts';
import type { OpenRows } from './ledger.ts';
import { writePartFile } from './part.ts';

const MEMORY_MB = 512;

/** Told what is waited for, in a line; and how many rows of the parts are in the index by now. */
export interface WriterOptions {
  readonly onNote?: ((message: string) => void) | undefined;
  readonly onIndexed?: ((rows: number) => void) | undefined;
}

/** A table of posts, taken by this process to add to it. */
export class PostsWriter {
  readonly index: IdIndex;
  readonly #place: OutputPlace;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  #record: PostsRecord;

  private constructor(
    place: OutputPlace,
    record: PostsRecord,
    index: IdIndex,
    { instance, connection }: { instance: DuckDBInstance; connection: DuckDBConnection },
  ) {
    this.#place = place;
    this.#record = record;
    this.index = index;
    this.#instance = instance;
    this.#connection = connection;
  }

  /**
   * Takes the folder, makes it where it is missing, and brings the index up to date.
   *
   * @throws BowerbirdError BB_OUTPUT_FOLDER where it holds something else, BB_POSTS_LOCKED, BB_POSTS_CORRUPT, BB_DISK_FULL
   */
  static async open(given: string, { onNote, onIndexed }: WriterOptions): Promise<PostsWriter> {
    await refuseOthers(given);
    const place = await OutputPlace.take(given, {
      flag: '--to',
      inPlace: true,
      kind: 'a table of posts',
      lockedCode: 'BB_POSTS_LOCKED',
      onWait: onNote,
    });
    try {
      await place.clear();
      const found = await readRecord(place.path);
      const record = found ?? { parts: [] };
      // By it the next command knows what lies here, should this one be killed.
      if (!found) await writeRecord(place.path, record);
      const index = await IdIndex.open(place.path, record, onIndexed ?? (() => undefined));
      const instance = await openDuckDb({
        memoryLimitMb: MEMORY_MB,
        temporaryFolder: join(place.staging, 'spill'),
      });
      return new PostsWriter(place, record, index, { instance, connection: await instance.connect() });
    } catch (thrown) {
      await place.release();
      throw thrown;
    }
  }

  get record(): PostsRecord {
    return this.#record;
  }

  /**
   * Publishes rows as a part: its files first, then the record, then the index. Of none nothing is made.
   *
   * @throws TableError BB_SHARD_WRITE, BB_DISK_FULL; BowerbirdError BB_POSTS_LOCKED where another process took the folder
   */
  async publish(rows: OpenRows): Promise<void> {
    const counts: PartCounts = {
      posts: rows.posts.length,
      history: rows.history.length,
      users: rows.users.length,
    };
    if (PART_KINDS.every((kind) => counts[kind] === 0)) return;
    const { path } = this.#place;
    const digest = createHash('sha256');
    for (const kind of PART_KINDS) {
      if (counts[kind] === 0) continue;
      const staged = join(this.#place.files, `${kind}.parquet`);
      await writePartFile(this.#connection, staged, kind, rows[kind] as never);
      await digestFile(staged, digest);
      const final = partPath(path, kind, this.#record.parts.length);
      await makeFolders(dirname(final));
      await commitFile(staged, final);
    }
    await this.#place.lock.assertHeld();
    const record = { parts: [...this.#record.parts, { ...counts, sha256: digest.digest('hex') }] };
    await writeRecord(path, record);
    this.#record = record;
    this.index.put(record, rows);
  }

  /** Gives the folder back. @throws BowerbirdError BB_SHARD_WRITE, BB_DISK_FULL */
  async close(): Promise<void> {
    this.#connection.closeSync();
    this.#instance.closeSync();
    try {
      await this.index.close();
    } finally {
      await this.#place.release();
    }
  }
}

/** @throws BowerbirdError BB_OUTPUT_FOLDER */
async function refuseOthers(given: string): Promise<void> {
  const path = resolvePlace(given, '--to');
  if (isEmptyPlace(path) || (await readRecord(path)) !== undefined) return;
  throw new BowerbirdError(
    'BB_OUTPUT_FOLDER',
    `${path} holds files that are no table of posts. Choose another --to.`,
    {
      fields: { path },
    },
  );
}
