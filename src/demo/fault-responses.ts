import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultKind } from './faults.ts';

/** Answers a request wrongly, as `kind` says; `paint` gives a sound JPEG to do it with. */
export type FaultResponder = (response: ServerResponse, paint: () => Promise<Buffer>) => Promise<void> | void;

const SLOW_MS = 200;
const NOT_FOUND_PAGE = '<!doctype html><title>Not found</title><h1>This picture has moved</h1>\n';
const DRAWING =
  '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="32" cy="32" r="30"/></svg>\n';

function refuse(status: number): FaultResponder {
  return (response) => void response.writeHead(status, { 'content-type': 'text/html' }).end(NOT_FOUND_PAGE);
}

function send(response: ServerResponse, type: string, body: string | Uint8Array): void {
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}

/** A 24-bit Windows bitmap in one colour: 14 bytes of file header, 40 of BITMAPINFOHEADER, then rows of BGR. */
function bitmap(side: number): Buffer {
  const headerBytes = 54;
  const bytes = Buffer.alloc(headerBytes + side * side * 3, 0x80);
  bytes.fill(0, 0, headerBytes);
  bytes.write('BM', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(headerBytes, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(side, 18);
  bytes.writeInt32LE(side, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

/** What the host answers for each kind of fault, `redirect` apart. */
export const FAULT_RESPONDERS: Readonly<Record<Exclude<FaultKind, 'redirect'>, FaultResponder>> = {
  missing: refuse(404),
  gone: refuse(410),
  forbidden: refuse(403),
  'server-error': refuse(500),
  'cut-jpeg': async (response, paint) => {
    const picture = await paint();
    send(response, 'image/jpeg', picture.subarray(0, picture.length * 0.4));
  },
  html: (response) => send(response, 'image/jpeg', NOT_FOUND_PAGE),
  empty: (response) => send(response, 'image/jpeg', ''),
  svg: (response) => send(response, 'image/svg+xml', DRAWING),
  bmp: (response) => send(response, 'image/bmp', bitmap(64)),
  'opted-out': async (response, paint) => {
    response.setHeader('x-robots-tag', 'noai');
    send(response, 'image/jpeg', await paint());
  },
  slow: async (response, paint) => {
    await sleep(SLOW_MS);
    send(response, 'image/jpeg', await paint());
  },
};
