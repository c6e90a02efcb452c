import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveParent } from '../base/child-server.ts';
import { codeOf, messageOf } from '../base/errors.ts';
import { CATALOGUE, type Picture } from './catalogue.ts';
import { FAULT_RESPONDERS } from './fault-responses.ts';
import { FAULTS, type Fault } from './faults.ts';
import { renderPicture } from './pictures/render.ts';

// The image host itself: a process of its own, because painting pictures keeps a core busy.

const CONTENT_TYPES = { jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp' } as const;

const pictures = new Map(CATALOGUE.map((picture) => [picture.path, picture]));
const faults = new Map(FAULTS.map((fault, index) => [fault.path, { fault, index }]));
const soundJpegs = CATALOGUE.filter((picture) => picture.format === 'jpeg' && picture.expected === 'good');
const rendered = new Map<string, Promise<Buffer>>();

function bytesOf(picture: Picture): Promise<Buffer> {
  let bytes = rendered.get(picture.path);
  if (!bytes) {
    bytes = renderPicture(picture);
    rendered.set(picture.path, bytes);
  }
  return bytes;
}

async function sendPicture(response: ServerResponse, picture: Picture): Promise<void> {
  const bytes = await bytesOf(picture);
  response
    .writeHead(200, { 'content-type': CONTENT_TYPES[picture.format], 'content-length': bytes.length })
    .end(bytes);
}

async function sendFault(response: ServerResponse, { kind }: Fault, index: number): Promise<void> {
  const picture = soundJpegs[index % soundJpegs.length]!;
  if (kind === 'redirect') response.writeHead(302, { location: picture.path }).end();
  else await FAULT_RESPONDERS[kind](response, () => bytesOf(picture));
}

async function answer(path: string, response: ServerResponse): Promise<void> {
  const picture = pictures.get(path);
  if (picture) return sendPicture(response, picture);
  const known = faults.get(path);
  if (known) return sendFault(response, known.fault, known.index);
  response.writeHead(404).end();
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

const server = createServer((request, response) => {
  answer(request.url ?? '/', response).catch((thrown: unknown) => {
    if (!response.headersSent) response.writeHead(500);
    response.end(messageOf(thrown));
  });
});

serveParent({
  /** Listens on the port asked for, or on any free one where it is taken. */
  async listen(args) {
    const wanted = args['port'] as number;
    await listen(server, wanted).catch((thrown: unknown) => {
      if (codeOf(thrown) !== 'EADDRINUSE' && codeOf(thrown) !== 'EACCES') throw thrown;
      return listen(server, 0);
    });
    return { values: { port: (server.address() as AddressInfo).port } };
  },
});
