import type { RawAnswer, RawCall } from '../raw-host.ts';
import { type FaultKind, head, image, LENGTH, says } from './kind.ts';

const OK = 'HTTP/1.1 200 OK';

/** Leads to a location, as it is written. */
function leadsTo(location: string, ...lines: readonly string[]): RawAnswer {
  return says(head('HTTP/1.1 302 Found', `Location: ${location}`, ...lines, 'Content-Length: 0'));
}

/** Leads to its own path with what is put after it, until `until`; then the image. */
function leadsToItself(
  step: (call: RawCall) => string,
  until: (call: RawCall) => boolean,
  ...lines: readonly string[]
): RawAnswer {
  return (call) => {
    const path = /^GET ([^ ?]*)/.exec(call.head)![1]!;
    const answer = until(call) ? says(image(OK, LENGTH)) : leadsTo(path + step(call), ...lines);
    answer(call);
  };
}

const never = (): boolean => false;
const has = (text: string) => (call: RawCall) => call.head.includes(text);

const REFUSED: readonly (readonly [string, string])[] = [
  ['redirects to a file', 'file:///etc/passwd'],
  ['redirects to FTP', 'ftp://example.com/a.jpg'],
  ['redirects to data', 'data:image/png;base64,AAAA'],
  ['redirects to a script', 'javascript:alert(1)'],
  ['redirects to what is no URL', 'http://['],
  ['redirects to a port that is none', 'http://example.com:99999/'],
  ['redirects with a password', 'http://user:secret@example.com/'],
  ['redirects to mail', 'mailto:a@example.com'],
];

/** Addresses that no redirect may lead to; only the host itself is let through in these tests. */
export const PRIVATE_TARGETS: readonly (readonly [string, string])[] = [
  ['loopback', 'http://127.0.0.2/'],
  ['loopback as a number', 'http://2130706434/'],
  ['loopback in octal', 'http://0177.0.0.2/'],
  ['loopback, shortened', 'http://127.2/'],
  ['loopback of IPv6', 'http://[::1]/'],
  ['loopback mapped into IPv6', 'http://[::ffff:127.0.0.2]/'],
  ['all addresses', 'http://0.0.0.0/'],
  ['a private network', 'http://10.0.0.1/'],
  ['another private network', 'http://172.16.0.1/'],
  ['a home network', 'http://192.168.1.1/'],
  ["a cloud's metadata", 'http://169.254.169.254/latest/meta-data/'],
  ['a carrier network', 'http://100.64.0.1/'],
  ['a unique local address', 'http://[fd00::1]/'],
  ['a link-local address', 'http://[fe80::1]/'],
  ['many hosts at once', 'http://224.0.0.1/'],
  ['everybody', 'http://255.255.255.255/'],
  ['6to4 of a private address', 'http://[2002:0a00:0001::1]/'],
  ['NAT64 of a private address', 'http://[64:ff9b::10.0.0.1]/'],
];

/** Redirects, cookies on the way, and where they may lead. */
export const REDIRECT_FAULTS: readonly FaultKind[] = [
  ...REFUSED.map(
    ([name, location]): FaultKind => ({ name, ends: 'redirect_invalid', answer: leadsTo(location) }),
  ),
  {
    name: 'redirects to nowhere',
    ends: 'redirect_invalid',
    answer: says(head('HTTP/1.1 302 Found', 'Content-Length: 0')),
  },
  ...PRIVATE_TARGETS.map(
    ([name, location]): FaultKind => ({
      name: `redirects to ${name}`,
      ends: 'address_refused',
      answer: leadsTo(location),
    }),
  ),
  ...[301, 302, 303, 307, 308].map(
    (status): FaultKind => ({
      name: `redirects once with status ${status}`,
      ends: 'image',
      requests: 2,
      answer: (call) => {
        const moved = head(`HTTP/1.1 ${status} Moved`, 'Location: ?there', 'Content-Length: 0');
        says(call.count === 1 ? moved : image(OK, LENGTH))(call);
      },
    }),
  ),
  {
    name: 'redirects ten times',
    ends: 'image',
    requests: 11,
    answer: leadsToItself(
      ({ count }) => `?${count}`,
      ({ count }) => count === 11,
    ),
  },
  {
    name: 'redirects without an end',
    ends: 'redirect_limit',
    requests: 11,
    answer: leadsToItself(({ count }) => `?${count}`, never),
  },
  {
    name: 'redirects in a circle of two',
    ends: 'redirect_limit',
    requests: 2,
    answer: leadsToItself(({ count }) => (count % 2 ? '?b' : ''), never),
  },
  {
    name: 'redirects to itself for ever',
    ends: 'redirect_limit',
    requests: 2,
    answer: leadsToItself(() => '', never),
  },
  {
    name: 'redirects to itself once',
    ends: 'image',
    requests: 2,
    answer: leadsToItself(
      () => '',
      ({ count }) => count === 2,
    ),
  },
  {
    name: 'wants its cookie back before it shows the image',
    ends: 'image',
    requests: 2,
    answer: leadsToItself(
      () => '',
      has('cookie: seen=yes'),
      'Set-Cookie: seen=yes; Path=/; HttpOnly; Domain=example.com',
    ),
  },
  {
    name: 'wants its cookie back by way of another page',
    ends: 'image',
    requests: 3,
    answer: (call) => {
      if (call.count === 1) leadsToItself(() => '?check', never)(call);
      else
        leadsToItself(() => '', has('cookie: a=1; b=2'), 'Set-Cookie: a=1', 'Set-Cookie: b=2; path=/')(call);
    },
  },
  {
    name: 'sets a new cookie each time',
    ends: 'redirect_limit',
    requests: 11,
    answer: (call) => leadsToItself(() => '', never, `Set-Cookie: n=${call.count}`)(call),
  },
  {
    name: 'redirects in a head that is broken',
    ends: 'image',
    requests: 3,
    answer: (call) =>
      (/ \S*\?there /.test(call.head) ? says(image(OK, LENGTH)) : leadsTo('?there', 'no colon here'))(call),
  },
  {
    name: 'redirects with unescaped UTF-8',
    ends: 'image',
    requests: 2,
    answer: leadsToItself(() => '?\xc3\xa9 x', has('?%c3%a9%20x')),
  },
  {
    name: 'redirects, and sends a page that never ends with it',
    ends: 'image',
    requests: 2,
    answer: (call) => {
      if (call.count === 2) says(image(OK, LENGTH))(call);
      else call.socket.write(head('HTTP/1.1 302 Found', 'Location: ?there', 'Content-Length: 100000'));
    },
  },
];
