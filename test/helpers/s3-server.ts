import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, answerTo, type Buckets, etagOf, type S3Request, s3Error } from './s3-answers.ts';

export { etagOf, type S3Request } from './s3-answers.ts';

/** What goes wrong with a request. */
export type S3Fault =
  /** Answered with this error, and nothing done. */
  | { readonly kind: 'error'; readonly status: number; readonly code: string; readonly retryAfter?: number }
  /** Done, and the connection closed before the answer. */
  | { readonly kind: 'lost-answer' }
  /** Closed before anything is done. */
  | { readonly kind: 'closed' }
  /** The body ends after so many bytes, though its length says more. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** So many bytes of the body, and then nothing. */
  | { readonly kind: 'stall'; readonly bytes: number }
  /** Answered after a while. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** The service passes over the headers that make a request conditional, as older ones do. */
  | { readonly kind: 'unconditional' }
  /** A page of a listing that is not the last names this as where it goes on, or nothing. */
  | { readonly kind: 'token'; readonly token: string | undefined };

/** Which requests a fault meets. */
export interface S3FaultRule {
  readonly fault: S3Fault;
  readonly when?: (request: S3Request) => boolean;
  /** How many requests it meets; all where not given. */
  times?: number;
}

/** What was asked so far. */
export interface S3Counts {
  requests: number;
  /** Of objects' bodies, sent to and by whoever asks. */
  receivedBytes: number;
  sentBytes: number;
  readonly byOperation: Map<string, number>;
}

/** An S3 service on loopback, in this process and in memory. */
export interface S3Server {
  readonly endpoint: string;
  /** Environment variables that lead the SDK to it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Objects by bucket and key; a test may look and change. */
  readonly buckets: Buckets;
  readonly faults: S3FaultRule[];
  readonly counts: S3Counts;
  readonly log: S3Request[];
  /** An object's bytes. */
  bytesOf(bucket: string, key: string): Buffer | undefined;
  /** Puts an object there as if somebody else had. */
  hold(bucket: string, key: string, bytes: Uint8Array | string): void;
  keys(bucket: string, prefix?: string): string[];
  forgetCounts(): void;
  stop(): Promise<void>;
}

/** How the service is. */
export interface S3ServerOptions {
  readonly buckets?: readonly string[];
  /** Keys on a page of a listing. */
  readonly pageSize?: number;
}

/**
 * Starts a service that speaks as much of S3 as bowerbird needs: PUT with If-None-Match and Content-MD5, GET with Range and If-Match,
 * HEAD, DELETE, copies, ListObjectsV2 in pages, multipart uploads. It refuses requests without a SigV4 signature; it does not check it.
 */
export async function startS3Server({
  buckets: names = ['bucket'],
  pageSize = 1000,
}: S3ServerOptions = {}): Promise<S3Server> {
  const buckets: Buckets = new Map(names.map((name) => [name, { objects: new Map(), uploads: new Map() }]));
  const faults: S3FaultRule[] = [];
  const counts: S3Counts = { requests: 0, receivedBytes: 0, sentBytes: 0, byOperation: new Map() };
  const log: S3Request[] = [];
  const server = createServer((incoming, response) => {
    void readBody(incoming).then((body) => {
      const request = requestOf(incoming);
      log.push(request);
      counts.requests++;
      counts.receivedBytes += body.length;
      counts.byOperation.set(request.operation, (counts.byOperation.get(request.operation) ?? 0) + 1);
      const fault = faultFor(faults, request);
      if (fault?.kind === 'closed') return void incoming.socket.destroy();
      if (fault?.kind === 'error') return send(response, errorOf(fault), { incoming, counts });
      const url = new URL(incoming.url!, 'http://localhost');
      const headers = fault?.kind === 'unconditional' ? withoutConditions(incoming) : incoming.headers;
      const answer = isSigned(incoming, url)
        ? answerTo({ ...request, headers, query: url.searchParams, body }, buckets, pageSize)
        : s3Error(403, 'AccessDenied', 'The request has no signature.');
      if (fault?.kind === 'token')
        return send(response, withToken(answer, fault.token), { incoming, counts });
      if (fault?.kind === 'lost-answer') return void incoming.socket.destroy();
      if (fault?.kind === 'slow')
        return void setTimeout(send, fault.ms, response, answer, { incoming, counts });
      return send(response, answer, { incoming, counts, fault });
    });
  });
  // Else a busy machine meets a connection just as it is closed for having waited.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const objects = (bucket: string) => buckets.get(bucket)?.objects ?? new Map();
  return {
    endpoint,
    environment: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test-secret',
      AWS_REGION: 'us-east-1',
    },
    buckets,
    faults,
    counts,
    log,
    bytesOf: (bucket, key) => objects(bucket).get(key)?.bytes,
    hold: (bucket, key, content) => {
      const bytes = Buffer.from(content);
      objects(bucket).set(key, { bytes, etag: etagOf(bytes), metadata: {} });
    },
    keys: (bucket, prefix = '') => [...objects(bucket).keys()].filter((key) => key.startsWith(prefix)).sort(),
    forgetCounts: () => {
      Object.assign(counts, { requests: 0, receivedBytes: 0, sentBytes: 0 });
      counts.byOperation.clear();
      log.length = 0;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of incoming) pieces.push(piece as Buffer);
  } catch {
    // Whoever asked has gone.
  }
  return Buffer.concat(pieces);
}

function requestOf(incoming: IncomingMessage): S3Request {
  const url = new URL(incoming.url!, 'http://localhost');
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(decodeURIComponent(url.pathname)) ?? [];
  const method = incoming.method!;
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(incoming.headers.range ?? '') ?? [];
  return {
    operation: operationOf(method, key, url.searchParams, incoming.headers),
    bucket,
    key,
    method,
    headers: incoming.headers,
    ...(from !== undefined && { range: { from: Number(from), to: Number(to) } }),
  };
}

function operationOf(
  method: string,
  key: string,
  query: URLSearchParams,
  headers: IncomingMessage['headers'],
): string {
  const isCopy = headers['x-amz-copy-source'] !== undefined;
  if (query.has('uploads')) return method === 'GET' ? 'ListMultipartUploads' : 'CreateMultipartUpload';
  if (query.has('uploadId')) {
    if (method === 'PUT') return isCopy ? 'UploadPartCopy' : 'UploadPart';
    return method === 'POST' ? 'CompleteMultipartUpload' : 'AbortMultipartUpload';
  }
  if (key === '') return method === 'HEAD' ? 'HeadBucket' : 'ListObjectsV2';
  if (method === 'PUT') return isCopy ? 'CopyObject' : 'PutObject';
  return { GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' }[method] ?? method;
}

function faultFor(faults: S3FaultRule[], request: S3Request): S3Fault | undefined {
  const rule = faults.find(({ when, times }) => times !== 0 && (when?.(request) ?? true));
  if (rule?.times !== undefined) rule.times--;
  return rule?.fault;
}

function errorOf(fault: Extract<S3Fault, { kind: 'error' }>): Answer {
  const answer = s3Error(fault.status, fault.code, 'as the test has it');
  const headers = { ...answer.headers, ...(fault.retryAfter && { 'retry-after': String(fault.retryAfter) }) };
  return { ...answer, headers };
}

function withoutConditions(incoming: IncomingMessage): IncomingMessage['headers'] {
  const { 'if-match': _match, 'if-none-match': _none, ...others } = incoming.headers;
  return others;
}

function withToken(answer: Answer, token: string | undefined): Answer {
  const next = token === undefined ? '' : `<NextContinuationToken>${token}</NextContinuationToken>`;
  const body = String(answer.body).replace(/<NextContinuationToken>.*<\/NextContinuationToken>/, next);
  return { ...answer, body: Buffer.from(body) };
}

function isSigned(incoming: IncomingMessage, url: URL): boolean {
  const header = incoming.headers.authorization ?? '';
  return /^AWS4-HMAC-SHA256 Credential=.+Signature=/.test(header) || url.searchParams.has('X-Amz-Signature');
}

interface Sending {
  readonly incoming: IncomingMessage;
  readonly counts: S3Counts;
  readonly fault?: S3Fault | undefined;
}

function send(response: ServerResponse, answer: Answer, { incoming, counts, fault }: Sending): void {
  const body = incoming.method === 'HEAD' ? Buffer.alloc(0) : answer.body;
  const length = incoming.method === 'HEAD' ? (answer.headers['content-length'] ?? '0') : body.length;
  response.writeHead(answer.status, { ...answer.headers, 'content-length': length });
  if (answer.isObject) counts.sentBytes += body.length;
  if (fault?.kind !== 'cut' && fault?.kind !== 'stall') return void response.end(body);
  response.write(body.subarray(0, fault.bytes), () => {
    if (fault.kind === 'cut') response.destroy();
  });
}
