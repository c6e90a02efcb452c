import type { Readable } from 'node:stream';
import { truncated, unreachable } from './errors.ts';
import { Patience, type RetryPolicy, type StorageCounts } from './retry.ts';

/** A part of an object that is wanted. */
export interface WantedRange {
  readonly url: string;
  /** The first byte, from 0. */
  readonly from: number;
  readonly bytes: number;
}

/** How a backend asks for the bytes from one on to the range's end, once. */
export type OpenBody = (from: number, bytes: number) => Promise<Readable>;

/**
 * The bytes of a range, in pieces as they come. A body that is cut or stands still is asked for again from where it ended; tries
 * are counted anew once something has come.
 *
 * @throws StorageError of the backend; BB_STORAGE_TRUNCATED, BB_STORAGE_UNREACHABLE once it was tried often enough
 */
export async function* resumedRange(
  { url, from, bytes }: WantedRange,
  open: OpenBody,
  policy: RetryPolicy,
  counts: StorageCounts,
): AsyncGenerator<Buffer> {
  const patience = new Patience(policy, counts);
  let read = 0;
  while (read < bytes) {
    try {
      const body = await open(from + read, bytes - read);
      for await (const piece of heard(body, url, policy.idleMs)) {
        const wanted = piece.subarray(0, bytes - read);
        read += wanted.length;
        counts.readBytes += wanted.length;
        patience.progressed();
        yield wanted;
        if (read === bytes) break;
      }
      if (read < bytes) throw truncated(url, read, bytes);
    } catch (thrown) {
      await patience.afterFailure(thrown);
    }
  }
}

/** Exactly the bytes of a range. @throws as `resumedRange` */
export async function collectRange(range: WantedRange, pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all = Buffer.allocUnsafeSlow(range.bytes);
  let at = 0;
  for await (const piece of pieces) {
    piece.copy(all, at);
    at += piece.length;
  }
  return all;
}

/** What a body gives; its errors, and a silence, are those of a connection. Whoever reads slowly is no silence. */
async function* heard(body: Readable, url: string, idleMs: number): AsyncGenerator<Buffer> {
  const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const { value, done } = await nextWithin(pieces, body, idleMs);
      if (done) return;
      yield Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
  } catch (thrown) {
    throw unreachable({ url, why: thrown instanceof Error ? thrown.message : String(thrown), cause: thrown });
  } finally {
    body.destroy();
  }
}

async function nextWithin(
  pieces: AsyncIterator<Buffer>,
  body: Readable,
  idleMs: number,
): Promise<IteratorResult<Buffer>> {
  const timer = setTimeout(
    () => body.destroy(new Error(`nothing came for ${Math.round(idleMs / 1000)} seconds`)),
    idleMs,
  );
  try {
    return await pieces.next();
  } finally {
    clearTimeout(timer);
  }
}
