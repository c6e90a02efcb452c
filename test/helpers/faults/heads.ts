import { type FaultKind, head, IMAGE, image, LENGTH, repeats, says, saysAndWaits } from './kind.ts';

const CONTINUE = head('HTTP/1.1 100 Continue');
const OK = 'HTTP/1.1 200 OK';
const IMAGE_TEXT = IMAGE.toString('latin1');

/** What undici takes as it is. */
const TAKEN: readonly (readonly [string, string])[] = [
  ['answers by the book', image(OK, LENGTH)],
  ['says no reason phrase', image('HTTP/1.1 200', LENGTH)],
  ['says an empty reason phrase', image('HTTP/1.1 200 ', LENGTH)],
  ['has a reason phrase of other letters', image('HTTP/1.1 200 Tr\xe8s bien', LENGTH)],
  ['answers in HTTP/1.0', image('HTTP/1.0 200 OK', LENGTH)],
  ['answers in HTTP/2.0 without HTTP/2', image('HTTP/2.0 200 OK', LENGTH)],
  ['begins with blank lines', `\r\n\r\n${image(OK, LENGTH)}`],
  ['has other letters in a header', image(OK, 'X-Owner: Jos\xe9', LENGTH)],
  ['sends a thousand headers', image(OK, ...Array<string>(1000).fill('X-A: b'), LENGTH)],
  ['sends early hints first', head('HTTP/1.1 103 Early Hints', 'Link: </a.css>') + image(OK, LENGTH)],
  ['says first that it is processing', head('HTTP/1.1 102 Processing') + image(OK, LENGTH)],
];

/** What undici refuses, and browsers, curl or urllib take; asked for twice. */
const MENDED: readonly (readonly [string, string])[] = [
  ['ends lines with LF alone', `${OK}\n${LENGTH}\n\n${IMAGE_TEXT}`],
  ['ends some lines with LF alone', `${OK}\r\nServer: x\n${LENGTH}\r\n\n${IMAGE_TEXT}`],
  ['ends lines with two CRs', `${OK}\r\r\n${LENGTH}\r\r\n\r\r\n${IMAGE_TEXT}`],
  ['folds a header line', image(OK, 'X-A: one', ' two', LENGTH)],
  ['folds a header line by a tab', image(OK, 'X-A: one', '\ttwo', '\tthree', LENGTH)],
  ['sends a line that is no header', image(OK, 'no colon here', LENGTH)],
  ['sends a line that is no header after the length', image(OK, LENGTH, 'no colon here')],
  ['sends the status line twice', image(OK, OK, LENGTH)],
  ['puts blanks before a colon', image(OK, `Content-Length : ${IMAGE.length}`)],
  ['has blanks in the name of a header', image(OK, 'X A: b', LENGTH)],
  ['has a header without a name', image(OK, ': b', LENGTH)],
  ['has brackets in the name of a header', image(OK, 'X(A): b', LENGTH)],
  ['has other letters in the name of a header', image(OK, 'X\xe9: b', LENGTH)],
  ['has a control character in a header', image(OK, 'X-A: a\x01b', LENGTH)],
  ['has a zero byte in a header', image(OK, 'X-A: a\0b', LENGTH)],
  ['has a CR within a header', image(OK, 'X-A: a\rb', LENGTH)],
  ['sends a header of 20 KB', image(OK, `X-A: ${'x'.repeat(20_000)}`, LENGTH)],
  ['sends headers of 60 KB', image(OK, ...Array<string>(60).fill(`X-A: ${'x'.repeat(992)}`), LENGTH)],
  ['says 100 Continue though it was not asked', CONTINUE + image(OK, LENGTH)],
  ['says 100 Continue 32 times', CONTINUE.repeat(32) + image(OK, LENGTH)],
  ['answers in HTTP/1.2', image('HTTP/1.2 200 OK', LENGTH)],
  ['answers in HTTP/2 without a point', image('HTTP/2 200 OK', LENGTH)],
  ['writes http in small letters', image('http/1.1 200 OK', LENGTH)],
  ['puts two blanks before the status', image('HTTP/1.1  200 OK', LENGTH)],
  ['puts tabs around the status', image('HTTP/1.1\t200\tOK', LENGTH)],
  ['begins with a blank', ` ${image(OK, LENGTH)}`],
];

/** What nobody takes; asked for twice, the second time leniently. */
const BROKEN: readonly (readonly [string, string])[] = [
  ['sends headers of 70 KB', image(OK, `X-A: ${'x'.repeat(70_000)}`, LENGTH)],
  ['ends lines with CR alone', `${OK}\r${LENGTH}\r\r${IMAGE_TEXT}`],
  ['speaks as a radio station does', image('ICY 200 OK')],
  ['sends the image without a head', IMAGE_TEXT],
  ['sends a page without a head', '<!DOCTYPE html><title>Not found</title>'],
  ['sends an object without a head', '{"error":"not found"}\n'],
  ['is a mail server', '220 mail.example.com ESMTP ready\r\n'],
  ['sends random bytes', '\x17\xa9\x03\xff\x00\x81\r\n\r\n\x99'],
  ['answers in TLS without being asked to', '\x15\x03\x03\x00\x02\x02\x28'],
  ['has a status of two digits', image('HTTP/1.1 20 OK', LENGTH)],
  ['has a status of four digits', image('HTTP/1.1 2000 OK', LENGTH)],
  ['has a status that is a word', image('HTTP/1.1 abc OK', LENGTH)],
  ['has a status below 100', image('HTTP/1.1 099 OK', LENGTH)],
  ['has no status', image('HTTP/1.1', LENGTH)],
  ['answers in HTTP/7', image('HTTP/7.0 200 OK', LENGTH)],
  ['says 100 Continue 33 times', CONTINUE.repeat(33) + image(OK, LENGTH)],
  ['switches protocols', head('HTTP/1.1 101 Switching Protocols', 'Connection: upgrade', 'Upgrade: x')],
];

const TOO_MANY_HINTS = head('HTTP/1.1 103 Early Hints').repeat(40);

/** Status lines and headers. */
export const HEAD_FAULTS: readonly FaultKind[] = [
  ...TAKEN.map(([name, text]): FaultKind => ({ name, ends: 'image', answer: says(text) })),
  ...MENDED.map(([name, text]): FaultKind => ({ name, ends: 'image', answer: says(text), requests: 2 })),
  ...BROKEN.map(
    ([name, text]): FaultKind => ({ name, ends: 'response_invalid', answer: says(text), requests: 2 }),
  ),
  {
    name: 'is a shell, and waits for an answer',
    ends: 'response_invalid',
    answer: saysAndWaits('SSH-2.0-OpenSSH_9.6\r\n'),
    requests: 2,
  },
  {
    name: 'never ends its headers',
    ends: 'response_invalid',
    answer: repeats('X-A: b\r\n'.repeat(500), `${OK}\r\n`),
    requests: 2,
  },
  { name: 'floods with early hints', ends: 'response_invalid', answer: saysAndWaits(TOO_MANY_HINTS) },
  {
    name: 'floods with 100 Continue',
    ends: 'response_invalid',
    answer: repeats(CONTINUE.repeat(100)),
    requests: 2,
  },
  {
    name: 'ends within its status line',
    ends: 'connect_failed',
    answer: says('HTTP/1.1 20'),
  },
  { name: 'ends within its headers', ends: 'connect_failed', answer: says(`${OK}\r\n${LENGTH}\r\n`) },
  {
    name: 'ends within headers that are broken',
    ends: 'response_invalid',
    answer: says(`${OK}\nX-A: b\n`),
    requests: 2,
  },
];
