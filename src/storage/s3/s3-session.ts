import type { Readable } from 'node:stream';
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { notFound, StorageError } from '../errors.ts';
import { type RetryPolicy, retrying, type StorageCounts } from '../retry.ts';
import { openS3, type S3Access, type S3Scheme } from './s3-client.ts';
import { s3Failure, statusOf } from './s3-errors.ts';
import { placeOf } from './s3-place.ts';

/** What a request gives whose answer may be that there is nothing, or that a condition fails. */
export type Answer<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'missing' }
  | { readonly kind: 'condition' }
  | { readonly kind: 'upload-over' };

/** What HEAD tells of an object. */
export interface Head {
  readonly bytes: number;
  readonly tag?: string;
  /** Who wrote it, where it was written with a condition or in parts. */
  readonly writer?: string;
}

/** The key of an object's metadata that says who wrote it, so that a lost answer can be asked about. */
const WRITER = 'bowerbird-writer';

/** For how long a bucket that answered is taken to be there. */
const BUCKET_SEEN_MS = 60_000;

/** Requests to one service: counted, tried again while that helps, with credentials that are read anew once they have expired. */
export class S3Session {
  readonly scheme: S3Scheme;
  readonly policy: RetryPolicy;
  readonly counts: StorageCounts = { requests: 0, retries: 0, readBytes: 0, writtenBytes: 0 };
  readonly #bucketsSeenMs = new Map<string, number>();
  #access: S3Access;

  private constructor(scheme: S3Scheme, policy: RetryPolicy, access: S3Access) {
    this.scheme = scheme;
    this.policy = policy;
    this.#access = access;
  }

  static async open(scheme: S3Scheme, policy: RetryPolicy): Promise<S3Session> {
    return new S3Session(scheme, policy, await openS3(scheme, policy.idleMs));
  }

  /** Asks until there is an answer. @param send one request; given the number of the try, from 1 @throws StorageError */
  async ask<T>(url: string, send: (access: S3Access, attempt: number) => Promise<T>): Promise<Answer<T>> {
    return retrying(this.policy, this.counts, (attempt) =>
      this.askOnce(url, (access) => send(access, attempt)),
    );
  }

  /** One try. @throws StorageError */
  async askOnce<T>(url: string, send: (access: S3Access) => Promise<T>): Promise<Answer<T>> {
    const used = this.#access;
    try {
      return await this.#request(url, used, send);
    } catch (thrown) {
      if (!(thrown instanceof StorageError) || thrown.code !== 'BB_STORAGE_EXPIRED') throw thrown;
      // A client keeps what it has read of profiles. Of requests at one time, the first makes the new one.
      if (this.#access === used) this.#access = await openS3(this.scheme, this.policy.idleMs);
      return this.#request(url, this.#access, send);
    }
  }

  /** @throws StorageError BB_STORAGE_NOT_FOUND where the bucket itself is missing */
  async head(url: string): Promise<Head | undefined> {
    const { bucket, key } = placeOf(url);
    if (key === '') return undefined;
    const answer = await this.ask(url, (access) => this.#headOrReason(access, { Bucket: bucket, Key: key }));
    if (answer.kind === 'done') {
      const { ContentLength: bytes = 0, ETag, Metadata } = answer.value;
      const writer = Metadata?.[WRITER];
      return { bytes, ...(ETag && { tag: ETag }), ...(writer && { writer }) };
    }
    await this.#refuseMissingBucket(url, bucket);
    return undefined;
  }

  /** An answer to HEAD has no body that says why it was refused, such as that credentials have expired; one to GET has. */
  async #headOrReason(
    { client, library }: S3Access,
    object: { readonly Bucket: string; readonly Key: string },
  ): Promise<HeadObjectCommandOutput> {
    try {
      return await client.send(new library.HeadObjectCommand(object));
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      this.counts.requests++;
      const told = await client.send(new library.GetObjectCommand({ ...object, Range: 'bytes=0-0' })).then(
        ({ Body }) => void (Body as Readable).destroy(),
        (reason: unknown) => reason,
      );
      throw isRefusal(told) ? told : thrown;
    }
  }

  /** The metadata that tell a later reader who wrote an object. */
  writerOf(writer: string): Record<string, string> {
    return { [WRITER]: writer };
  }

  /** Whether what stands is what a try wrote whose answer was lost. */
  async isWrittenBy(url: string, writer: string): Promise<boolean> {
    return (await this.head(url))?.writer === writer;
  }

  async #request<T>(
    url: string,
    access: S3Access,
    send: (access: S3Access) => Promise<T>,
  ): Promise<Answer<T>> {
    this.counts.requests++;
    try {
      const value = await send(access);
      this.#bucketsSeenMs.set(placeOf(url).bucket, Date.now());
      return { kind: 'done', value };
    } catch (thrown) {
      const failure = s3Failure(url, thrown);
      if (failure.kind === 'error') throw failure.error;
      return failure;
    }
  }

  /** An answer to HEAD has no body that tells a missing bucket from a missing object. */
  async #refuseMissingBucket(url: string, bucket: string): Promise<void> {
    if (Date.now() - (this.#bucketsSeenMs.get(bucket) ?? 0) < BUCKET_SEEN_MS) return;
    const answer = await this.ask(url, ({ client, library }) =>
      client.send(new library.HeadBucketCommand({ Bucket: bucket })),
    ).catch((thrown: unknown) => {
      // Who may read objects need not be allowed to ask for the bucket.
      if (thrown instanceof StorageError && thrown.code === 'BB_STORAGE_DENIED') return undefined;
      throw thrown;
    });
    if (answer?.kind === 'missing') throw notFound(url, 'bucket');
  }
}

function isRefusal(thrown: unknown): boolean {
  return [400, 401, 403].includes(statusOf(thrown) ?? 0);
}
