import { createHash, randomUUID } from 'node:crypto';
import { changed, notFound, refused, unreachable } from '../errors.ts';
import { type Condition, conditionOf, withGeneration } from './s3-condition.ts';
import type { Upload } from './s3-content.ts';
import type { Place } from './s3-place.ts';
import type { S3Session } from './s3-session.ts';

/** Above this size an object is written in parts of at least this size. */
export const PART_BYTES = 8 * 1024 * 1024;
/** A copy's parts pass through nobody. */
const COPIED_PART_BYTES = 512 * 1024 * 1024;
/** The service allows 10,000. */
const MOST_PARTS = 9000;
/** So many are on their way at once, and in memory. */
const AT_ONCE = 3;

interface Part {
  readonly PartNumber: number;
  readonly ETag?: string | undefined;
}

interface InParts {
  readonly place: Place;
  readonly upload: Upload;
  readonly condition: Condition | undefined;
}

/** Writes a large object; a failure gives the upload up, so that no part of it stays or is paid for. @returns false where a condition failed */
export async function putInParts(
  session: S3Session,
  { place, upload, condition }: InParts,
): Promise<boolean> {
  const partBytes = Math.max(PART_BYTES, Math.ceil(upload.bytes / MOST_PARTS));
  return inParts(session, { place, bytes: upload.bytes, partBytes, condition }, async (uploadId, part) => {
    const body = await upload.part(part.from, part.bytes);
    const answer = await session.ask(place.url, ({ client, library }) =>
      client.send(
        new library.UploadPartCommand({
          ...target(place, uploadId, part.number),
          Body: body,
          ContentLength: body.length,
          ContentMD5: createHash('md5').update(body).digest('base64'),
        }),
      ),
    );
    if (answer.kind !== 'done') throw refused(place.url, 'its upload was given up by somebody else');
    session.counts.writtenBytes += body.length;
    return answer.value.ETag;
  });
}

/** A copy within the service, of an object that is too large for one request. */
export async function copyInParts(
  session: S3Session,
  { from, to, bytes, tag }: { from: Place; to: Place; bytes: number; tag: string | undefined },
): Promise<void> {
  const partBytes = Math.max(COPIED_PART_BYTES, Math.ceil(bytes / MOST_PARTS));
  await inParts(session, { place: to, bytes, partBytes, condition: undefined }, async (uploadId, part) => {
    const answer = await session.ask(to.url, ({ client, library }) =>
      client.send(
        new library.UploadPartCopyCommand({
          ...target(to, uploadId, part.number),
          CopySource: from.copySource,
          CopySourceIfMatch: tag,
          CopySourceRange: `bytes=${part.from}-${part.from + part.bytes - 1}`,
        }),
      ),
    );
    if (answer.kind === 'missing') throw notFound(from.url, 'object');
    if (answer.kind !== 'done') throw changed(from.url, 'its ETag is another');
    return answer.value.CopyPartResult?.ETag;
  });
}

interface PartRange {
  readonly number: number;
  readonly from: number;
  readonly bytes: number;
}

interface PartsPlan {
  readonly place: Place;
  readonly bytes: number;
  readonly partBytes: number;
  readonly condition: Condition | undefined;
}

async function inParts(
  session: S3Session,
  { place, bytes, partBytes, condition }: PartsPlan,
  send: (uploadId: string, part: PartRange) => Promise<string | undefined>,
): Promise<boolean> {
  const writer = randomUUID();
  const uploadId = await begin(session, place, writer);
  try {
    const ranges = rangesOf(bytes, partBytes);
    const parts: Part[] = [];
    const workers = Array.from({ length: AT_ONCE }, async () => {
      for (let range = ranges.shift(); range; range = ranges.shift())
        parts.push({ PartNumber: range.number, ETag: await send(uploadId, range) });
    });
    const ended = await Promise.allSettled(workers);
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
    parts.sort((a, b) => a.PartNumber - b.PartNumber);
    const isDone = await complete(session, { place, uploadId, parts, condition, writer });
    if (!isDone) await abandon(session, place, uploadId);
    return isDone;
  } catch (thrown) {
    await abandon(session, place, uploadId);
    throw thrown;
  }
}

async function begin(session: S3Session, { url, bucket, key }: Place, writer: string): Promise<string> {
  const answer = await session.ask(url, ({ client, library }) =>
    client.send(
      new library.CreateMultipartUploadCommand({
        Bucket: bucket,
        Key: key,
        Metadata: session.writerOf(writer),
      }),
    ),
  );
  const uploadId = answer.kind === 'done' ? answer.value.UploadId : undefined;
  if (uploadId === undefined) throw notFound(url, 'bucket');
  return uploadId;
}

interface Completion {
  readonly place: Place;
  readonly uploadId: string;
  readonly parts: readonly Part[];
  readonly condition: Condition | undefined;
  readonly writer: string;
}

async function complete(
  session: S3Session,
  { place, uploadId, parts, condition, writer }: Completion,
): Promise<boolean> {
  const { url, bucket, key } = place;
  const answer = await session.ask(url, ({ client, library }) => {
    const command = new library.CompleteMultipartUploadCommand({
      Bucket: bucket,
      Key: key,
      UploadId: uploadId,
      MultipartUpload: { Parts: [...parts] },
      ...conditionOf(session.scheme, condition),
    });
    return client.send(withGeneration(session.scheme, command, condition));
  });
  if (answer.kind === 'done') return true;
  // An earlier try may have gone well, and its answer been lost.
  if (await session.isWrittenBy(url, writer)) return true;
  if (answer.kind === 'condition' || (answer.kind === 'missing' && typeof condition === 'object'))
    return false;
  throw unreachable({ url, why: 'its upload is gone before it was completed', isTransient: false });
}

/** What cannot be given up is left to the bucket's own rules. */
async function abandon(session: S3Session, { url, bucket, key }: Place, uploadId: string): Promise<void> {
  await session
    .ask(url, ({ client, library }) =>
      client.send(new library.AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId })),
    )
    .catch(() => undefined);
}

function rangesOf(bytes: number, partBytes: number): PartRange[] {
  return Array.from({ length: Math.ceil(bytes / partBytes) }, (_, index) => ({
    number: index + 1,
    from: index * partBytes,
    bytes: Math.min(partBytes, bytes - index * partBytes),
  }));
}

function target({ bucket, key }: Place, uploadId: string, number: number) {
  return { Bucket: bucket, Key: key, UploadId: uploadId, PartNumber: number };
}
