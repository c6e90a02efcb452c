import { createHash, randomUUID } from 'node:crypto';

/** What a request asks for, as a rule sees it. */
export interface S3Request {
  /** The name of the call, as in S3's documentation. */
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** `range` as bytes from and to, where a part is asked for. */
  readonly range?: { readonly from: number; readonly to: number };
}

/** An object as the service keeps it. */
export interface HeldObject {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** When it was written, as a listing tells it; now where not given. */
  readonly writtenAtMs?: number;
}

/** Buckets by name. */
export type Buckets = Map<string, Bucket>;

interface Bucket {
  readonly objects: Map<string, HeldObject>;
  readonly uploads: Map<string, Upload>;
}

interface Upload {
  readonly key: string;
  /** A test may change it. */
  begunAtMs: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parts: Map<number, Buffer>;
}

/** What is sent back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Whether the body is an object's. */
  readonly isObject?: boolean;
}

interface Asked extends S3Request {
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

interface At extends Asked {
  readonly held: Bucket;
  readonly buckets: Buckets;
  readonly pageSize: number;
}

/** Does what a request asks for. */
export function answerTo(asked: Asked, buckets: Buckets, pageSize: number): Answer {
  const held = buckets.get(asked.bucket);
  if (!held) return s3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
  const operation = OPERATIONS[asked.operation];
  if (!operation) return s3Error(501, 'NotImplemented', `${asked.operation} is not known`);
  return operation({ ...asked, held, buckets, pageSize });
}

/** An error as the service writes it. */
export function s3Error(status: number, code: string, message: string): Answer {
  return xml(status, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

const OPERATIONS: Readonly<Record<string, (at: At) => Answer>> = {
  HeadBucket: () => empty(200),
  ListObjectsV2: listed,
  GetObject: read,
  HeadObject: read,
  PutObject: put,
  DeleteObject: ({ held, key }) => {
    held.objects.delete(key);
    return empty(204);
  },
  CopyObject: (at) => {
    const source = sourceOf(at);
    if ('status' in source) return source;
    at.held.objects.set(at.key, source);
    return xml(200, `<CopyObjectResult><ETag>${escaped(source.etag)}</ETag></CopyObjectResult>`);
  },
  CreateMultipartUpload: ({ held, key, headers }) => {
    const id = randomUUID();
    held.uploads.set(id, { key, begunAtMs: Date.now(), metadata: metadataOf(headers), parts: new Map() });
    return xml(
      200,
      `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    );
  },
  UploadPart: (at) => keepPart(at, at.body),
  UploadPartCopy: (at) => {
    const source = sourceOf(at);
    if ('status' in source) return source;
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(String(at.headers['x-amz-copy-source-range'])) ?? [];
    return keepPart(at, source.bytes.subarray(Number(from), Number(to) + 1));
  },
  CompleteMultipartUpload: completed,
  ListMultipartUploads: listedUploads,
  AbortMultipartUpload: ({ held, query }) => {
    held.uploads.delete(query.get('uploadId')!);
    return empty(204);
  },
};

function listed({ held, query, pageSize }: At): Answer {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? '';
  const keys = [...held.objects.keys()]
    .filter((key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const page = keys.slice(0, pageSize);
  const isTruncated = keys.length > page.length;
  const contents = page.map((key) => {
    const { bytes, etag, writtenAtMs = Date.now() } = held.objects.get(key)!;
    return `<Contents><Key>${escaped(key)}</Key><LastModified>${new Date(writtenAtMs).toISOString()}</LastModified><Size>${bytes.length}</Size><ETag>${escaped(etag)}</ETag></Contents>`;
  });
  const next = isTruncated ? `<NextContinuationToken>${escaped(page.at(-1)!)}</NextContinuationToken>` : '';
  return xml(
    200,
    `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`,
  );
}

function listedUploads({ held, query, pageSize }: At): Answer {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('upload-id-marker') ?? '';
  const uploads = [...held.uploads]
    .filter(([id, { key }]) => key.startsWith(prefix) && id > after)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const page = uploads.slice(0, pageSize);
  const entries = page.map(
    ([id, { key, begunAtMs }]) =>
      `<Upload><Key>${escaped(key)}</Key><UploadId>${id}</UploadId><Initiated>${new Date(begunAtMs).toISOString()}</Initiated></Upload>`,
  );
  const [lastId, last] = page.at(-1) ?? [];
  const isTruncated = uploads.length > page.length;
  const next = isTruncated
    ? `<NextKeyMarker>${escaped(last!.key)}</NextKeyMarker><NextUploadIdMarker>${lastId}</NextUploadIdMarker>`
    : '';
  return xml(
    200,
    `<ListMultipartUploadsResult><IsTruncated>${isTruncated}</IsTruncated>${next}${entries.join('')}</ListMultipartUploadsResult>`,
  );
}

function read({ held, key, headers, range }: At): Answer {
  const object = held.objects.get(key);
  if (!object) return s3Error(404, 'NoSuchKey', 'The specified key does not exist.');
  const { bytes, etag, metadata } = object;
  if (headers['if-match'] !== undefined && headers['if-match'] !== etag) return precondition();
  const described = {
    etag,
    'accept-ranges': 'bytes',
    ...Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value])),
  };
  if (!range)
    return {
      status: 200,
      headers: { ...described, 'content-length': String(bytes.length) },
      body: bytes,
      isObject: true,
    };
  if (range.from >= bytes.length)
    return s3Error(416, 'InvalidRange', 'The requested range is not satisfiable');
  const to = Math.min(range.to, bytes.length - 1);
  return {
    status: 206,
    headers: { ...described, 'content-range': `bytes ${range.from}-${to}/${bytes.length}` },
    body: bytes.subarray(range.from, to + 1),
    isObject: true,
  };
}

function put({ held, key, headers, body }: At): Answer {
  const trouble = conditionTrouble(held, key, headers) ?? md5Trouble(headers, body);
  if (trouble) return trouble;
  const etag = etagOf(body);
  held.objects.set(key, { bytes: body, etag, metadata: metadataOf(headers) });
  return { ...empty(200), headers: { etag } };
}

function keepPart({ held, query, headers }: At, bytes: Buffer): Answer {
  const upload = held.uploads.get(query.get('uploadId')!);
  if (!upload) return s3Error(404, 'NoSuchUpload', 'The specified upload does not exist.');
  const trouble = md5Trouble(headers, bytes);
  if (trouble) return trouble;
  upload.parts.set(Number(query.get('partNumber')), Buffer.from(bytes));
  const etag = etagOf(bytes);
  if (headers['x-amz-copy-source'] === undefined) return { ...empty(200), headers: { etag } };
  return xml(200, `<CopyPartResult><ETag>${escaped(etag)}</ETag></CopyPartResult>`);
}

function completed({ held, key, query, headers, body }: At): Answer {
  const id = query.get('uploadId')!;
  const upload = held.uploads.get(id);
  if (!upload) return s3Error(404, 'NoSuchUpload', 'The specified upload does not exist.');
  const trouble = conditionTrouble(held, key, headers);
  if (trouble) return trouble;
  const named = partsIn(body.toString());
  if (named.some(({ number }, place) => number <= (named[place - 1]?.number ?? 0)))
    return s3Error(400, 'InvalidPartOrder', 'The list of parts was not in ascending order.');
  const parts = named.map(({ number }) => upload.parts.get(number));
  if (parts.length === 0 || named.some(({ etag }, place) => !parts[place] || etag !== etagOf(parts[place])))
    return s3Error(400, 'InvalidPart', 'One or more of the specified parts could not be found.');
  const bytes = Buffer.concat(parts as Buffer[]);
  const etag = `"${md5(bytes, 'hex')}-${parts.length}"`;
  held.objects.set(key, { bytes, etag, metadata: upload.metadata });
  held.uploads.delete(id);
  return xml(
    200,
    `<CompleteMultipartUploadResult><ETag>${escaped(etag)}</ETag></CompleteMultipartUploadResult>`,
  );
}

/** The parts that an upload is to be made of, in the order in which they are named. */
function partsIn(body: string): { readonly number: number; readonly etag: string }[] {
  return [...body.matchAll(/<Part>.*?<\/Part>/gs)].map(([part]) => ({
    number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
    etag: (/<ETag>(.*?)</.exec(part)?.[1] ?? '').replace(/&quot;|&#34;/g, '"'),
  }));
}

/** As the service makes it for what was written in one request. */
export function etagOf(bytes: Uint8Array): string {
  return `"${md5(bytes, 'hex')}"`;
}

function sourceOf({ headers, buckets }: At): HeldObject | Answer {
  const [, bucket = '', key = ''] =
    /^\/?([^/]+)\/(.*)$/s.exec(decodeURIComponent(String(headers['x-amz-copy-source']))) ?? [];
  const source = buckets.get(bucket)?.objects.get(key);
  if (!source) return s3Error(404, 'NoSuchKey', 'The specified key does not exist.');
  const wanted = headers['x-amz-copy-source-if-match'];
  return wanted !== undefined && wanted !== source.etag ? precondition() : source;
}

function metadataOf(headers: S3Request['headers']): Record<string, string> {
  const named = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'));
  return Object.fromEntries(named.map(([name, value]) => [name.slice('x-amz-meta-'.length), String(value)]));
}

/** Of a write, as the service answers it: 404 where If-Match meets no object. */
function conditionTrouble(held: Bucket, key: string, headers: S3Request['headers']): Answer | undefined {
  const object = held.objects.get(key);
  if (headers['if-none-match'] === '*' && object) return precondition();
  const wanted = headers['if-match'];
  if (wanted === undefined || wanted === object?.etag) return undefined;
  return object ? precondition() : s3Error(404, 'NoSuchKey', 'The specified key does not exist.');
}

function md5Trouble(headers: S3Request['headers'], body: Buffer): Answer | undefined {
  const stated = headers['content-md5'];
  if (stated === undefined || stated === md5(body, 'base64')) return undefined;
  return s3Error(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.');
}

function md5(bytes: Uint8Array, encoding: 'hex' | 'base64'): string {
  return createHash('md5').update(bytes).digest(encoding);
}

function precondition(): Answer {
  return s3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold');
}

function empty(status: number): Answer {
  return { status, headers: {}, body: Buffer.alloc(0) };
}

function xml(status: number, content: string): Answer {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${content}`);
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
