import { gzipSync } from 'node:zlib';
import type { RawAnswer } from '../raw-host.ts';
import {
  type FaultKind,
  head,
  IMAGE,
  image,
  LENGTH,
  repeats,
  says,
  saysAndResets,
  saysAndWaits,
} from './kind.ts';

const OK = 'HTTP/1.1 200 OK';
const CHUNKED = 'Transfer-Encoding: chunked';
const DRIP_MS = 20;

const NO_ANSWER = {
  ends: 'timed_out',
  message: 'timed out: no answer',
  options: { headersTimeoutMs: 200 },
  limitMs: 200,
} as const;
const HALT = {
  ends: 'timed_out',
  message: 'timed out: the body came to a halt',
  options: { bodyIdleTimeoutMs: 200 },
  limitMs: 200,
} as const;
const NO_END = {
  ends: 'timed_out',
  message: 'timed out',
  options: { timeoutMs: 400 },
  limitMs: 400,
} as const;

/** Sends the image byte by byte. */
const drips: RawAnswer = ({ socket }) => {
  const bytes = Buffer.from(image(OK, LENGTH), 'latin1');
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < bytes.length) socket.write(bytes.subarray(sent, ++sent));
    else clearInterval(timer);
  }, 1);
  socket.on('close', () => clearInterval(timer));
};

/** The first request of a connection is answered; what comes then is up to the kind. */
function thenOnKept(second: RawAnswer, first: RawAnswer = saysAndWaits(image(OK, LENGTH))): RawAnswer {
  return (call) => (call.countOnConnection === 1 ? first : second)(call);
}

function thenOnFurther(later: RawAnswer): RawAnswer {
  return (call) => (call.count === 1 ? saysAndWaits(image(OK, LENGTH)) : later)(call);
}

const hangsUp: RawAnswer = ({ socket }) => socket.destroy();
const resets: RawAnswer = ({ socket }) => socket.resetAndDestroy();
const stranger = `${head(OK, 'Content-Length: 8')}stranger`;

/** Silence, drips, and connections that are kept or lost. */
export const SLOW_FAULTS: readonly FaultKind[] = [
  { name: 'is silent', answer: saysAndWaits(''), ...NO_ANSWER },
  { name: 'begins its head and is silent', answer: saysAndWaits(`${OK}\r\nX-A`), ...NO_ANSWER },
  { name: 'drips its head', answer: repeats('x', `${OK}\r\nX-A: `, DRIP_MS), ...NO_ANSWER },
  {
    name: 'sends early hints and no more',
    answer: saysAndWaits(head('HTTP/1.1 103 Early Hints')),
    ...NO_ANSWER,
  },
  {
    name: 'drips its head after it was found to be broken',
    answer: (call) =>
      (call.count === 1 ? says('HTTP/1.1 abc\r\n') : repeats('x', `${OK}\nX-A: `, DRIP_MS))(call),
    requests: 2,
    ...NO_ANSWER,
  },
  { name: 'is silent after its head', answer: saysAndWaits(head(OK, LENGTH)), ...HALT },
  { name: 'comes to a halt within the image', answer: saysAndWaits(head(OK, LENGTH), 'begun'), ...HALT },
  { name: 'comes to a halt within a chunk', answer: saysAndWaits(head(OK, CHUNKED), 'ff\r\nbegun'), ...HALT },
  {
    name: 'comes to a halt before the end of chunks',
    answer: saysAndWaits(head(OK, CHUNKED), '5\r\nbegun\r\n'),
    ...HALT,
  },
  { name: 'has no length and does not close', answer: saysAndWaits(image(OK)), ...HALT },
  {
    name: 'comes to a halt within gzip',
    answer: saysAndWaits(head(OK, 'Content-Encoding: gzip'), gzipSync(IMAGE).toString('latin1').slice(0, 15)),
    ...HALT,
  },
  {
    name: 'drips the extension of a chunk',
    answer: repeats('x', `${head(OK, CHUNKED)}5;`, DRIP_MS),
    ...HALT,
  },
  {
    name: 'drips headers after its chunks',
    answer: repeats('X-A: b\r\n', `${head(OK, CHUNKED)}1\r\nx\r\n0\r\n`, DRIP_MS),
    ...HALT,
  },
  { name: 'drips without an end', answer: repeats('x', head(OK), DRIP_MS), ...NO_END },
  {
    name: 'drips chunks without an end',
    answer: repeats('1\r\nx\r\n', head(OK, CHUNKED), DRIP_MS),
    ...NO_END,
  },
  {
    name: 'drips what it announced, which is much',
    answer: repeats('x', head(OK, 'Content-Length: 10000000'), DRIP_MS),
    ...NO_END,
  },
  { name: 'drips, and arrives', ends: 'image', answer: drips },
  { name: 'answers and does not close', ends: 'image', answer: saysAndWaits(image(OK, LENGTH)) },
  {
    name: 'drips a page with its 404',
    ends: 'http_not_found',
    answer: repeats('x', head('HTTP/1.1 404 Not Found', 'Content-Length: 1000000'), DRIP_MS),
  },
  {
    name: 'floods with a page with its 404',
    ends: 'http_not_found',
    answer: repeats('x'.repeat(10_000), head('HTTP/1.1 404 Not Found')),
  },
  { name: 'hangs up when it is asked', ends: 'connect_failed', answer: hangsUp },
  { name: 'resets when it is asked', ends: 'connect_failed', answer: resets },
  { name: 'resets within its head', ends: 'connect_failed', answer: saysAndResets(`${OK}\r\nX-A`) },
  {
    name: 'hangs up on the second request of a connection',
    ends: 'image',
    answer: thenOnKept(hangsUp),
    requests: 3,
    isKept: true,
  },
  {
    name: 'resets on the second request of a connection',
    ends: 'image',
    answer: thenOnKept(resets),
    requests: 3,
    isKept: true,
  },
  {
    name: 'hangs up on all requests but the first',
    ends: 'connect_failed',
    answer: thenOnFurther(hangsUp),
    requests: 3,
    isKept: true,
  },
  {
    name: 'resets on two requests, and is asked again',
    ends: 'image',
    answer: (call) => ([2, 3].includes(call.count) ? resets : saysAndWaits(image(OK, LENGTH)))(call),
    requests: 4,
    isKept: true,
    options: { retries: 1, connectTimeoutMs: 1_000_000 },
  },
  {
    name: 'resets within its second head',
    ends: 'connect_failed',
    answer: thenOnKept(saysAndResets(`${OK}\r\nX-A`)),
    requests: 2,
    isKept: true,
  },
  {
    name: 'hangs up on the second request, and says nonsense to the third',
    ends: 'response_invalid',
    answer: (call) => (call.count > 2 ? says('HTTP/1.1 abc\r\n') : thenOnKept(hangsUp))(call),
    requests: 3,
    isKept: true,
  },
  {
    name: 'closes a connection that was to be kept',
    ends: 'image',
    answer: says(image(OK, LENGTH)),
    requests: 2,
    isKept: true,
  },
  {
    name: 'answers a question that nobody asked',
    ends: 'image',
    answer: saysAndWaits(image(OK, LENGTH), stranger),
    requests: 2,
    isKept: true,
  },
  {
    name: 'keeps a connection',
    ends: 'image',
    answer: thenOnKept(saysAndWaits(image(OK, LENGTH)), saysAndWaits(head(OK, 'Content-Length: 5'), 'first')),
    requests: 2,
    isKept: true,
  },
];
