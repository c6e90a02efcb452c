import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type FileServer, sendFile, startFileServer } from './file-server.ts';

/** A hub on loopback: one server that knows files, and another that has the bytes of large ones. */
export interface HubServer {
  readonly hub: FileServer;
  /** Asked with signed URLs, which are good for so many requests. */
  readonly copies: FileServer;
  /** Files by `datasets/ORG/NAME REVISION PATH`. */
  readonly files: Map<string, Buffer>;
  /** The only token that may read; none is asked for where not given. */
  token: string | undefined;
  /** How many requests a signed URL is good for. */
  usesOfUrl: number;
  stop(): Promise<void>;
}

/** From this size on a file's bytes are at the other server. */
const LARGE_BYTES = 1000;
const PAGE = 2;

/** Starts a hub that speaks as huggingface.co does to `huggingface_hub`. */
export async function startHubServer(): Promise<HubServer> {
  const [hub, copies] = [await startFileServer(), await startFileServer()];
  const uses = new Map<string, number>();
  const started: HubServer = {
    ...{ hub, copies, files: new Map(), token: undefined, usesOfUrl: Number.POSITIVE_INFINITY },
    stop: async () => {
      await Promise.all([hub.stop(), copies.stop()]);
    },
  };
  let signatures = 0;
  copies.answer = (request, response) => {
    const used = (uses.get(request.url!) ?? 0) + 1;
    uses.set(request.url!, used);
    if (used <= started.usesOfUrl) return false;
    response
      .writeHead(403)
      .end('<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>');
    return true;
  };
  hub.answer = (request, response, path) => {
    if (started.token && request.headers.authorization !== `Bearer ${started.token}`) {
      response.writeHead(401, { 'x-error-message': 'Invalid credentials in Authorization header' }).end();
      return true;
    }
    if (path.startsWith('/api/')) return sendTree(started, request, response, path);
    const [, repository, rest] = /^\/((?:datasets\/)?[^/]+\/[^/]+)\/resolve\/(.+)$/.exec(path) ?? [];
    const found = [...started.files].find(([name]) => {
      const [where, revision, file] = name.split(' ');
      return where === repository && rest === `${revision}/${file}`;
    });
    const file = found?.[1];
    if (!file || file.length < LARGE_BYTES) {
      sendFile(request, response, file);
      return true;
    }
    const digest = createHash('sha256').update(file).digest('hex');
    copies.files.set(`/${digest}`, file);
    const location = `${copies.origin}/${digest}?Signature=secret${signatures++}`;
    response.writeHead(302, { location, 'x-linked-etag': `"${digest}"`, 'x-linked-size': file.length }).end();
    return true;
  };
  return started;
}

function sendTree(
  { files, hub }: HubServer,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): boolean {
  const [, repository, revision, folder = ''] =
    /^\/api\/((?:datasets|models)\/[^/]+\/[^/]+)\/tree\/(main|refs\/convert\/parquet|[^/]+)\/?(.*)$/.exec(
      path,
    ) ?? [];
  const inside = [...files].flatMap(([name, bytes]) => {
    const [where, at, file] = name.split(' ');
    return where === repository && at === revision && file!.startsWith(folder)
      ? [{ path: file!, bytes }]
      : [];
  });
  if (inside.length === 0) {
    response.writeHead(404).end('{}');
    return true;
  }
  const from = Number(new URL(request.url!, hub.origin).searchParams.get('cursor') ?? 0);
  const entries = inside.slice(from, from + PAGE).map(({ path: name, bytes }) => {
    // A small file's ETag is what the tree calls it, as on the hub.
    const oid = createHash(bytes.length >= LARGE_BYTES ? 'sha256' : 'md5')
      .update(bytes)
      .digest('hex');
    return {
      type: 'file',
      path: name,
      size: bytes.length,
      oid,
      ...(bytes.length >= LARGE_BYTES && { lfs: { oid, size: bytes.length } }),
    };
  });
  const isLast = from + PAGE >= inside.length;
  const next = `${hub.origin}${path.split('/').map(encodeURIComponent).join('/')}?recursive=true&cursor=${from + PAGE}`;
  response.writeHead(200, {
    'content-type': 'application/json',
    ...(!isLast && { link: `<${next}>; rel="next"` }),
  });
  response.end(JSON.stringify([{ type: 'directory', path: 'folder', size: 0, oid: 'x' }, ...entries]));
  return true;
}
