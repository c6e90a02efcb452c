import { readFile, stat } from 'node:fs/promises';
import { createDecoder, type Decoder } from '../decode/decoder.ts';
import { openableAs } from '../pictures/byte-names.ts';
import type { PagePost } from '../report/posts/data.ts';
import { type DuckDBConnection, queryRows } from '../tables/duckdb.ts';
import type { DatasetProgress } from './options.ts';
import type { RunImages } from './run-images.ts';

const SIDE_PX = 240;
const MAX_FILE_BYTES = 64 * 1024 * 1024;

interface PostText {
  readonly row: number;
  readonly id: string;
  readonly user: string;
  readonly likes: number | null;
  readonly caption: string | null;
  readonly day: string | null;
  readonly path: string | null;
}

/** What pictures are made with. */
export interface PictureParts {
  /** With the table `material`. */
  readonly connection: DuckDBConnection;
  readonly runImages: RunImages;
  /** Decoder processes. */
  readonly processes: number;
  readonly progress: DatasetProgress;
}

/** Posts for a page, with small pictures of their files. What cannot be read or decoded has none. */
export class PostPictures {
  readonly #parts: PictureParts;
  #decoder: Decoder | undefined;

  constructor(parts: PictureParts) {
    this.#parts = parts;
  }

  /** Posts by their rows in the table `material`, in that order. @throws errors of DuckDB; the signal's reason */
  async show(rows: readonly number[]): Promise<PagePost[]> {
    const texts = await this.#textsOf(rows);
    const shown: PagePost[] = [];
    const { signal, advance } = this.#parts.progress;
    for (const [i, { row, path, ...post }] of texts.entries()) {
      signal?.throwIfAborted();
      advance('making pictures', i, texts.length, 'pictures');
      const bytes = path === null ? await this.#readFromRun(row) : await readSmall(path);
      shown.push({ ...post, webpBase64: bytes ? await this.#webpOf(bytes) : null });
    }
    return shown;
  }

  async close(): Promise<void> {
    await this.#decoder?.stop();
  }

  async #textsOf(rows: readonly number[]): Promise<PostText[]> {
    if (rows.length === 0) return [];
    const found = await queryRows<PostText>(
      this.#parts.connection,
      `SELECT material.row, material.post_id AS id, material."user" AS "user", material.likes::DOUBLE AS likes, posts.caption,
         strftime(material.time, '%Y-%m-%d') AS day, material.image_path AS path
       FROM material JOIN posts USING (post_id) WHERE row IN (${rows.join(', ')})`,
    );
    const byRow = new Map(found.map((text) => [text.row, text]));
    return rows.map((row) => byRow.get(row)!);
  }

  async #readFromRun(row: number): Promise<Buffer | undefined> {
    const { runImages } = this.#parts;
    if (!runImages.has(row)) return undefined;
    const picture = await runImages.read(row);
    if (picture.kind === 'failed') return undefined;
    picture.release();
    return picture.bytes;
  }

  async #webpOf(bytes: Buffer): Promise<string | null> {
    this.#decoder ??= createDecoder({
      transforms: [{ sizePx: SIDE_PX, resize: 'short-side', interpolation: 'bicubic' }],
      ...{ mode: 'fast', processes: this.#parts.processes },
    });
    const outcome = await this.#decoder.decode(bytes);
    if (outcome.kind === 'failed') return null;
    const webp = await this.#decoder.thumbnail(outcome.crops[0]!, { width: SIDE_PX, height: SIDE_PX });
    return Buffer.from(webp).toString('base64');
  }
}

/** A file's bytes; undefined where it is none, or too large for a picture. */
async function readSmall(path: string): Promise<Buffer | undefined> {
  try {
    const stats = await stat(openableAs(path));
    return stats.isFile() && stats.size <= MAX_FILE_BYTES ? await readFile(openableAs(path)) : undefined;
  } catch {
    return undefined;
  }
}
