import { createHash } from 'node:crypto';
import { forEachNull, itemsOf, streamChunks } from '../tables/chunk.ts';
import { type DuckDBConnection, queryRows } from '../tables/duckdb.ts';
import type { PostColumns } from './columns.ts';
import { placeInDraw } from './draw.ts';
import type { DatasetProgress } from './options.ts';

/** Posts as they are read for a dataset; rows are in the order of their ids. */
export interface Material {
  readonly count: number;
  readonly columns: PostColumns;
  /** By the users' numbers. */
  readonly userNames: readonly string[];
  /** By row: int64. */
  readonly hashes: BigInt64Array;
  /** By row: milliseconds since 1970; NaN where it is not known. */
  readonly times: Float64Array;
  /** By row: days from post to count; NaN where it is not known. */
  readonly ages: Float64Array;
  /** By row: 1 where there is an image file. */
  readonly hasImage: Uint8Array;
  /** sha256 of all that labels are made of, in lower-case hexadecimal digits: ids, users, likes, followers, times, ages and hashes. */
  readonly digest: string;
}

/** The posts with a number for each, and what the table says of their users. Temporary: gone with the connection. */
const MATERIAL = `CREATE OR REPLACE TEMP TABLE material AS
  SELECT (row_number() OVER (ORDER BY post_id) - 1)::INTEGER AS row, post_id, "user", likes, followers, time, last_seen, image_path, url, hash
  FROM posts LEFT JOIN users USING ("user") ORDER BY post_id`;

/**
 * Reads the posts of the views `posts` and `users` into columns, and leaves the temporary table `material` (row, post_id, user, likes, followers, time, last_seen,
 * image_path, url, hash) on the connection.
 *
 * @throws errors of DuckDB; the signal's reason
 */
export async function readMaterial(
  connection: DuckDBConnection,
  seed: number,
  { signal, advance }: Pick<DatasetProgress, 'signal' | 'advance'>,
): Promise<Material> {
  await connection.run(MATERIAL);
  const [{ count } = { count: 0 }] = await queryRows<{ count: number }>(
    connection,
    'SELECT count(*)::INTEGER AS count FROM material',
  );
  const reading = new Reading(count, seed);
  const sql = `SELECT post_id, "user", likes::DOUBLE, followers::DOUBLE, epoch_ms(time)::DOUBLE, hash, image_path IS NOT NULL, (epoch_ms(last_seen) - epoch_ms(time)) / 86400000.0 FROM material ORDER BY row`;
  let done = 0;
  for await (const chunk of streamChunks(connection, sql, count)) {
    signal?.throwIfAborted();
    const numbers = (column: number): Float64Array => {
      const values = itemsOf<Float64Array>(chunk, column).slice(0, chunk.rowCount);
      forEachNull(chunk, column, (row) => {
        values[row] = Number.NaN;
      });
      return values;
    };
    const [ids, users, images] = [0, 1, 6].map((column) => chunk.getColumnVector(column));
    const [likes, followers, times, ages] = [2, 3, 4, 7].map(numbers);
    const hashes = itemsOf<BigInt64Array>(chunk, 5);
    for (let row = 0; row < chunk.rowCount; row++) {
      reading.take({
        id: ids!.getItem(row) as string,
        user: users!.getItem(row) as string,
        likes: likes![row]!,
        followers: followers![row]!,
        time: times![row]!,
        age: ages![row]!,
        hash: hashes[row]!,
        hasImage: images!.getItem(row) as boolean,
      });
    }
    done += chunk.rowCount;
    advance('reading posts', done, count, 'posts');
  }
  return reading.end();
}

interface PostFacts {
  readonly id: string;
  readonly user: string;
  readonly likes: number;
  readonly followers: number;
  readonly time: number;
  readonly age: number;
  readonly hash: bigint;
  readonly hasImage: boolean;
}

class Reading {
  readonly #seed: number;
  readonly #columns: Omit<PostColumns, 'followers' | 'userPlaces'>;
  readonly #hashes: BigInt64Array;
  readonly #times: Float64Array;
  readonly #ages: Float64Array;
  readonly #hasImage: Uint8Array;
  readonly #users = new Map<string, number>();
  readonly #followers: number[] = [];
  readonly #digest = createHash('sha256');
  #row = 0;

  constructor(count: number, seed: number) {
    this.#seed = seed;
    this.#columns = {
      users: new Int32Array(count),
      likes: new Float64Array(count),
      balancePlaces: new Float64Array(count),
      splitPlaces: new Float64Array(count),
    };
    this.#hashes = new BigInt64Array(count);
    this.#times = new Float64Array(count);
    this.#ages = new Float64Array(count);
    this.#hasImage = new Uint8Array(count);
  }

  take({ id, user, likes, followers, time, age, hash, hasImage }: PostFacts): void {
    const row = this.#row++;
    const { users, balancePlaces, splitPlaces } = this.#columns;
    users[row] = this.#userNumber(user, followers);
    this.#columns.likes[row] = likes;
    balancePlaces[row] = placeInDraw(this.#seed, 'balance', id);
    splitPlaces[row] = placeInDraw(this.#seed, 'split', id);
    this.#hashes[row] = hash;
    this.#times[row] = time;
    this.#ages[row] = age;
    this.#hasImage[row] = Number(hasImage);
    this.#digest.update(`${JSON.stringify([id, user, likes, followers, time, age, String(hash)])}\n`);
  }

  end(): Material {
    const userNames = [...this.#users.keys()];
    return {
      count: this.#row,
      columns: {
        ...this.#columns,
        followers: Float64Array.from(this.#followers),
        userPlaces: Float64Array.from(userNames, (name) => placeInDraw(this.#seed, 'user', name)),
      },
      userNames,
      hashes: this.#hashes,
      times: this.#times,
      ages: this.#ages,
      hasImage: this.#hasImage,
      digest: this.#digest.digest('hex'),
    };
  }

  #userNumber(user: string, followers: number): number {
    const known = this.#users.get(user);
    if (known !== undefined) return known;
    this.#users.set(user, this.#users.size);
    this.#followers.push(followers);
    return this.#users.size - 1;
  }
}
