import { createHash, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { codeOf } from '../../base/errors.ts';
import type { Content, ReadOptions, StoredObject } from '../contract.ts';
import { changed, notFound, refused, truncated, unsupported } from '../errors.ts';
import { PageMarks } from '../page-marks.ts';
import type { WantedRange } from '../ranged-reads.ts';
import { RangedStorage } from '../ranged-storage.ts';
import type { RetryPolicy, StorageCounts } from '../retry.ts';
import type { S3Scheme } from './s3-client.ts';
import { type Condition, conditionOf, withGeneration } from './s3-condition.ts';
import { openUpload } from './s3-content.ts';
import { PROBE, removeLeftovers } from './s3-leftovers.ts';
import { copyInParts, PART_BYTES, putInParts } from './s3-parts.ts';
import { type Place, placeOf } from './s3-place.ts';
import { S3Session } from './s3-session.ts';

/** The largest object that a service copies in one request. */
const COPY_BYTES = 5 * 1024 ** 3;

const OTHER_TAG = 'its ETag is another';

/** Amazon S3, what speaks its protocol, and Google's storage by its XML API. */
export class S3Storage extends RangedStorage {
  protected readonly fileWord = 'object';
  protected readonly otherFile = OTHER_TAG;
  readonly #session: S3Session;
  readonly #conditions = new Map<string, Promise<void>>();

  private constructor(session: S3Session) {
    super();
    this.#session = session;
  }

  static async open(scheme: S3Scheme, policy: RetryPolicy): Promise<S3Storage> {
    return new S3Storage(await S3Session.open(scheme, policy));
  }

  get scheme(): S3Scheme {
    return this.#session.scheme;
  }

  get counts(): StorageCounts {
    return this.#session.counts;
  }

  protected get policy(): RetryPolicy {
    return this.#session.policy;
  }

  async stat(url: string): Promise<StoredObject | undefined> {
    const found = await this.#session.head(url);
    return found && { url, bytes: found.bytes, ...(found.tag && { tag: found.tag }) };
  }

  async *list(prefixUrl: string): AsyncIterable<StoredObject> {
    const { bucket, key } = placeOf(prefixUrl);
    const marks = new PageMarks(prefixUrl);
    let token: string | undefined;
    do {
      const page = await this.#session.ask(prefixUrl, ({ client, library }) =>
        client.send(
          new library.ListObjectsV2Command({ Bucket: bucket, Prefix: key, ContinuationToken: token }),
        ),
      );
      if (page.kind !== 'done') throw notFound(prefixUrl, 'bucket');
      for (const { Key = '', Size = 0, ETag } of page.value.Contents ?? [])
        yield { url: `${this.scheme}://${bucket}/${Key}`, bytes: Size, ...(ETag && { tag: ETag }) };
      token = page.value.IsTruncated ? marks.next(page.value.NextContinuationToken) : undefined;
    } while (token !== undefined);
  }

  async putIfAbsent(url: string, content: Content): Promise<boolean> {
    const place = placeOf(url);
    await this.#refuseWithoutConditions(place);
    return this.#put(place, content, 'absent');
  }

  async put(url: string, content: Content): Promise<void> {
    await this.#put(placeOf(url), content);
  }

  async putIfTag(url: string, content: Content, tag: string): Promise<boolean> {
    const place = placeOf(url);
    if (this.scheme !== 'gs') {
      try {
        return await this.#put(place, content, { tag });
      } catch (thrown) {
        if (codeOf(thrown) !== 'BB_STORAGE_UNSUPPORTED') throw thrown;
      }
    }
    return (await this.stat(url))?.tag === tag && this.#put(place, content);
  }

  async copy(fromUrl: string, toUrl: string): Promise<void> {
    const [from, to] = [placeOf(fromUrl), placeOf(toUrl)];
    const found = await this.stat(fromUrl);
    if (!found) throw notFound(fromUrl, 'object');
    const { bytes, tag } = found;
    if (bytes > COPY_BYTES) return copyInParts(this.#session, { from, to, bytes, tag });
    const target = { Bucket: to.bucket, Key: to.key };
    const answer = await this.#session.ask(toUrl, ({ client, library }) =>
      client.send(
        new library.CopyObjectCommand({ ...target, CopySource: from.copySource, CopySourceIfMatch: tag }),
      ),
    );
    if (answer.kind === 'missing') throw notFound(fromUrl, 'object');
    if (answer.kind === 'condition') throw changed(fromUrl, OTHER_TAG);
  }

  async delete(url: string): Promise<void> {
    const { bucket, key } = placeOf(url);
    await this.#session.ask(url, ({ client, library }) =>
      client.send(new library.DeleteObjectCommand({ Bucket: bucket, Key: key })),
    );
  }

  removeLeftovers(prefixUrl: string, folders: readonly string[]): Promise<number> {
    return removeLeftovers(this.#session, prefixUrl, folders);
  }

  protected async openRange({ url, from, bytes }: WantedRange, { tag }: ReadOptions): Promise<Readable> {
    const { bucket, key } = placeOf(url);
    const Range = `bytes=${from}-${from + bytes - 1}`;
    const answer = await this.#session.askOnce(url, ({ client, library }) =>
      client.send(new library.GetObjectCommand({ Bucket: bucket, Key: key, Range, IfMatch: tag })),
    );
    if (answer.kind === 'missing') throw notFound(url, 'object');
    if (answer.kind !== 'done') throw changed(url, OTHER_TAG);
    const { Body, ContentRange, ContentLength, ETag } = answer.value;
    const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(ContentRange ?? '') ?? [];
    const trouble = (): Error | undefined => {
      // Some services pass over If-Match.
      if (tag !== undefined && ETag !== undefined && ETag !== tag) return changed(url, OTHER_TAG);
      if (first === undefined) return refused(url, 'it was asked for a range and gives the whole');
      if (Number(last) !== from + bytes - 1) return changed(url, 'it ends before what is read of it');
      if (Number(first) !== from || (ContentLength ?? bytes) !== bytes) return truncated(url, 0, bytes);
      return undefined;
    };
    const body = Body as Readable;
    const found = trouble();
    if (found) body.destroy();
    if (found) throw found;
    return body;
  }

  /** @returns false where the condition failed */
  async #put(place: Place, content: Content, condition?: Condition): Promise<boolean> {
    const upload = await openUpload(place.url, content);
    try {
      if (upload.bytes > PART_BYTES) return await putInParts(this.#session, { place, upload, condition });
      const body = await upload.part(0, upload.bytes);
      return await this.#putWhole(place, body, condition);
    } finally {
      await upload.close();
    }
  }

  async #putWhole({ url, bucket, key }: Place, body: Uint8Array, condition?: Condition): Promise<boolean> {
    const writer = randomUUID();
    const settings = {
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentLength: body.length,
      ContentMD5: createHash('md5').update(body).digest('base64'),
      ...(condition && { Metadata: this.#session.writerOf(writer) }),
      ...conditionOf(this.scheme, condition),
    };
    let tries = 0;
    const answer = await this.#session.ask(url, async ({ client, library }, attempt) => {
      tries = attempt;
      const command = new library.PutObjectCommand(settings);
      const sent = await client.send(withGeneration(this.scheme, command, condition));
      this.counts.writtenBytes += body.length;
      return sent;
    });
    if (answer.kind === 'done') return true;
    const isUnmet =
      answer.kind === 'condition' || (answer.kind === 'missing' && typeof condition === 'object');
    if (!isUnmet) throw notFound(url, 'bucket');
    return tries > 1 && (await this.#session.isWrittenBy(url, writer));
  }

  /** Services that pass over the condition would let a later writer replace what an earlier one has committed. Asked once a bucket. */
  async #refuseWithoutConditions(place: Place): Promise<void> {
    const asked = this.#conditions.get(place.bucket) ?? this.#tryConditions(place);
    this.#conditions.set(place.bucket, asked);
    try {
      await asked;
    } catch (thrown) {
      this.#conditions.delete(place.bucket);
      throw thrown;
    }
  }

  async #tryConditions({ url, bucket, key }: Place): Promise<void> {
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    const probe = placeOf(`${this.scheme}://${bucket}/${folder}${PROBE}${randomUUID()}`);
    const empty = Buffer.alloc(0);
    await this.#putWhole(probe, empty, 'absent');
    const isReplaced = await this.#putWhole(probe, empty, 'absent');
    await this.delete(probe.url);
    if (isReplaced) throw unsupported(url, WITHOUT_CONDITIONS);
  }
}

const WITHOUT_CONDITIONS =
  'this service passes over If-None-Match, so that two workers could both commit one shard. Write to another, or to a file system.';
