import type { Socket } from 'node:net';
import { codeOf } from '../base/errors.ts';
import { errorBody, HTTP_STATUS, type HttpErrorCode } from './http-error.ts';

const REASON_PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  431: 'Request Header Fields Too Large',
};

const ANSWERS: Readonly<Record<string, readonly [HttpErrorCode, string]>> = {
  HPE_HEADER_OVERFLOW: [
    'BB_HTTP_HEADERS_TOO_LARGE',
    'The request line and headers have more than 16 KiB. Look a long caption up by its hash.',
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['BB_HTTP_TOO_LARGE', 'The chunk extensions of the body are too long.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['BB_HTTP_TIMEOUT', 'The request did not arrive in time.'],
};
const NO_HTTP = ['BB_HTTP_REQUEST', 'This is no HTTP request.'] as const;

/** Answers bytes that are no request: there is no request object to reply to, so the answer is written by hand. */
export function answerClientError(thrown: Error, socket: Socket): void {
  if (codeOf(thrown) === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, message] = ANSWERS[codeOf(thrown) ?? ''] ?? NO_HTTP;
  const body = errorBody(code, message);
  const status = HTTP_STATUS[code];
  socket.end(
    `HTTP/1.1 ${status} ${REASON_PHRASES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
