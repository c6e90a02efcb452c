import test from 'ava';
import { ChainCookies } from '../../src/download/chain-cookies.ts';

const PAGE = new URL('http://a.test/x/page');

/** [lines of Set-Cookie by PAGE, URL asked next, the Cookie header]; by RFC 6265, and for the same host alone. */
const CASES: readonly (readonly [readonly string[], string, string | undefined])[] = [
  [['a=1'], 'http://a.test/x/image', 'a=1'],
  [['a=1'], 'http://a.test/y', undefined],
  [['a=1'], 'http://a.test/xy', undefined],
  [['a=1; Path=/'], 'http://a.test/y', 'a=1'],
  [['a=1; Path=/y'], 'http://a.test/y', 'a=1'],
  [['a=1; Path=/y'], 'http://a.test/x/image', undefined],
  [['a=1; Path=/'], 'http://a.test:8080/', 'a=1'],
  [['a=1; Path=/; Domain=test'], 'http://b.test/', undefined],
  [['a=1; Path=/; Domain=a.test'], 'http://sub.a.test/', undefined],
  [['a=1; Secure; Path=/'], 'http://a.test/', undefined],
  [['a=1; Secure; Path=/'], 'https://a.test/', 'a=1'],
  [['a=1; Path=/', 'b=2; Path=/'], 'http://a.test/', 'a=1; b=2'],
  [['a=1; Path=/', 'a=2; Path=/'], 'http://a.test/', 'a=2'],
  [['a=1; Path=/', 'a=; Path=/; Max-Age=0'], 'http://a.test/', undefined],
  [['a=1; Path=/', 'a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT'], 'http://a.test/', undefined],
  [['a=%20b%3D; Path=/'], 'http://a.test/', 'a=%20b%3D'],
  [['a="quoted"; Path=/'], 'http://a.test/', 'a="quoted"'],
  [['=1; Path=/', '; Path=/', ''], 'http://a.test/', undefined],
  [['a=1\r\nX-Evil: yes; Path=/', 'b=\0; Path=/'], 'http://a.test/', undefined],
];

for (const [lines, url, header] of CASES) {
  test(`${JSON.stringify(lines)} gives ${url} ${header ?? 'nothing'}`, (t) => {
    const cookies = new ChainCookies();
    cookies.note(PAGE, lines);
    t.is(cookies.headerFor(new URL(url)), header);
  });
}

test('what is sent has a bound, whatever is set', (t) => {
  const cookies = new ChainCookies();
  cookies.note(
    PAGE,
    Array.from({ length: 500 }, (_, i) => `c${i}=${'x'.repeat(100)}; Path=/`),
  );
  const header = cookies.headerFor(PAGE)!;
  t.true(header.length > 8000 && header.length <= 8192, `${header.length}`);
});
