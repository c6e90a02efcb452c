import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { Spool } from '../base/spool.ts';
import { createDecoder, type Decoder, type DecoderOptions } from '../decode/decoder.ts';
import { openableAs } from '../pictures/byte-names.ts';
import { unread } from '../pictures/failures.ts';
import type { Picture } from '../pictures/picture.ts';
import { PictureReader } from '../pictures/picture-reader.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import { streamChunks } from '../tables/chunk.ts';
import type { DuckDBConnection } from '../tables/duckdb.ts';
import type { Fates, LeftOutReason } from './left-out.ts';
import type { Material } from './material.ts';
import type { DatasetProgress, ImageOptions } from './options.ts';
import { leaveOutRepeated } from './repeated.ts';
import type { RunImages } from './run-images.ts';

/** Larger files are left out, as `score` does unless told otherwise. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_BYTES_IN_FLIGHT = 256 * 1024 * 1024;
const CHANNELS = 3;
/** Images of one decoder process that are read or decoded at one time. */
const AT_ONCE_PER_PROCESS = 6;

/** How images become tensors: the short side to the crop's side, by Pillow's bicubic filter, then the middle square. */
function cropTransform(sizePx: number): DecoderOptions['transforms'][number] {
  return { sizePx, resize: 'short-side', interpolation: 'bicubic' };
}

/** Crops of posts, on the disk until they are asked for. */
export class Crops {
  readonly #spool: Spool;
  readonly #bytes: number;
  /** By row; NaN where there is none. */
  readonly #offsets: Float64Array;

  private constructor(spool: Spool, bytes: number, count: number) {
    this.#spool = spool;
    this.#bytes = bytes;
    this.#offsets = new Float64Array(count).fill(Number.NaN);
  }

  /** @param path of a file that must not be there @param count rows that there may be crops of */
  static async open(path: string, sizePx: number, count: number): Promise<Crops> {
    return new Crops(await Spool.open(path), sizePx * sizePx * CHANNELS, count);
  }

  async add(row: number, crop: Uint8Array): Promise<void> {
    const { offset } = await this.#spool.add(crop);
    this.#offsets[row] = offset;
  }

  /** uint8 (size, size, 3), RGB. @param row one that was added */
  read(row: number): Promise<Buffer> {
    return this.#spool.read({ offset: this.#offsets[row]!, bytes: this.#bytes });
  }

  close(): Promise<void> {
    return this.#spool.close();
  }
}

/** What is looked through, and where crops go. */
export interface ImagePass {
  readonly material: Material;
  readonly fates: Fates;
  readonly crops: Crops;
  readonly runImages: RunImages;
  readonly options: ImageOptions;
  readonly takesRepeated: boolean;
  readonly processes: number;
  readonly progress: DatasetProgress;
}

/**
 * Decodes the image of each post that is not left out yet, and keeps its crop. One that cannot be read or decoded, or is too small, is left out under its reason;
 * of posts whose files have the same bytes all but the earliest are.
 *
 * @param connection with the table `material`
 * @throws BowerbirdError BB_DECODER_FAILED, BB_DISK_FULL, BB_SHARD_WRITE; errors of DuckDB; the signal's reason
 */
export async function lookAtImages(connection: DuckDBConnection, pass: ImagePass): Promise<void> {
  const { options, material, fates, processes } = pass;
  const decoder = createDecoder({
    transforms: [cropTransform(options.sizePx)],
    ...{ mode: 'exact', processes, limits: { minSidePx: options.minSidePx } },
  });
  try {
    await decoder.tryOut();
    const digests = await lookThrough(connection, decoder, pass);
    if (!pass.takesRepeated) leaveOutRepeated(digests, material, fates, 'image_repeated');
  } finally {
    await decoder.stop();
  }
}

/** @returns the first 64 bits of the sha256 of each file that was decoded, by row; 0 where none was */
async function lookThrough(
  connection: DuckDBConnection,
  decoder: Decoder,
  { material, fates, crops, runImages, processes, progress }: ImagePass,
): Promise<BigUint64Array> {
  const reader = new PictureReader({ maxBytes: MAX_FILE_BYTES, maxBytesInFlight: MAX_BYTES_IN_FLIGHT });
  const digests = new BigUint64Array(material.count);
  const wanted = [...fates.staying()].length;
  const inFlight = new Set<Promise<void>>();
  let failure: unknown;
  let done = 0;
  const look = async (row: number, path: string | null): Promise<void> => {
    const picture = path === null ? await runImages.read(row) : await readFileAt(path, reader);
    const found = picture.kind === 'failed' ? picture.reason : await cropOf(picture, decoder);
    if (typeof found === 'string') fates.leaveOut(row, found);
    else {
      digests[row] = found.digest;
      await crops.add(row, found.crop);
    }
    done++;
    progress.advance('looking at images', done, wanted, 'images');
  };
  const sql = 'SELECT row, image_path FROM material ORDER BY row';
  try {
    for await (const chunk of streamChunks(connection, sql, material.count)) {
      const [rows, paths] = [0, 1].map((column) => chunk.getColumnVector(column));
      for (let i = 0; i < chunk.rowCount; i++) {
        progress.signal?.throwIfAborted();
        if (failure !== undefined) throw failure;
        const row = rows!.getItem(i) as number;
        if (fates.reasonOf(row) !== undefined) continue;
        const work = look(row, paths!.getItem(i) as string | null)
          .catch((thrown: unknown) => {
            failure ??= thrown;
          })
          .finally(() => inFlight.delete(work));
        inFlight.add(work);
        if (inFlight.size >= AT_ONCE_PER_PROCESS * processes) await Promise.race(inFlight);
      }
    }
  } finally {
    await Promise.all(inFlight);
  }
  if (failure !== undefined) throw failure;
  return digests;
}

async function readFileAt(path: string, reader: PictureReader): Promise<Picture | SampleFailure> {
  const stats = await stat(openableAs(path)).catch(() => undefined);
  if (!stats?.isFile()) return unread(stats ? 'file_unreadable' : 'image_missing');
  return reader.read({ file: path, bytes: stats.size });
}

/** An image's crop, and the first 64 bits of its sha256; or why there is none. */
async function cropOf(
  picture: Picture,
  decoder: Decoder,
): Promise<{ readonly crop: Uint8Array; readonly digest: bigint } | LeftOutReason> {
  try {
    const digest = createHash('sha256').update(picture.bytes).digest().readBigUInt64BE();
    const outcome = await decoder.decode(picture.bytes);
    return outcome.kind === 'failed' ? outcome.reason : { crop: outcome.crops[0]!, digest };
  } finally {
    picture.release();
  }
}
