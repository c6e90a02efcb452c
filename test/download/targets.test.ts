import test from 'ava';
import { RedirectTrail, targetOf } from '../../src/download/targets.ts';

const REFUSED: readonly (readonly [string | null, string])[] = [
  [null, 'url_missing'],
  ['', 'url_missing'],
  ['  \t\n', 'url_missing'],
  ['not a url', 'url_invalid'],
  ['//example.com/a.jpg', 'url_invalid'],
  ['www.example.com/a.jpg', 'url_invalid'],
  ['http://', 'url_invalid'],
  ['http://exa mple.com/', 'url_invalid'],
  ['http://example.com:99999/', 'url_invalid'],
  ['http://[::1/', 'url_invalid'],
  ['http://1.2.3.256/', 'url_invalid'],
  ['http://user:secret@example.com/a.jpg', 'url_invalid'],
  ['http://user@example.com/a.jpg', 'url_invalid'],
  ['data:image/png;base64,iVBORw0KGgo=', 'url_scheme_unsupported'],
  ['ftp://example.com/a.jpg', 'url_scheme_unsupported'],
  ['file:///etc/passwd', 'url_scheme_unsupported'],
  ['javascript:alert(1)', 'url_scheme_unsupported'],
  ['localhost:8080/a.jpg', 'url_scheme_unsupported'],
];

for (const [text, reason] of REFUSED) {
  test(`the URL ${JSON.stringify(text)} is refused as ${reason}`, (t) => {
    t.like(targetOf(text), { kind: 'failed', reason });
  });
}

/** Expectations: the URL Standard (whatwg.org), IDNA by its examples. */
const ACCEPTED: readonly (readonly [string, string])[] = [
  ['http://example.com', 'http://example.com/'],
  ['  https://example.com/a.jpg\n', 'https://example.com/a.jpg'],
  ['HTTPS://EXAMPLE.com:443/A.jpg', 'https://example.com/A.jpg'],
  ['http://example.com/a b.jpg', 'http://example.com/a%20b.jpg'],
  ['http://example.com/a%20b.jpg', 'http://example.com/a%20b.jpg'],
  ['http://example.com/é.jpg?q=ü', 'http://example.com/%C3%A9.jpg?q=%C3%BC'],
  ['http://faß.example/', 'http://xn--fa-hia.example/'],
  ['http://EXAMPLE.com/../a.jpg', 'http://example.com/a.jpg'],
  ['http:\\\\example.com\\a.jpg', 'http://example.com/a.jpg'],
];

for (const [text, href] of ACCEPTED) {
  test(`the URL ${JSON.stringify(text)} is read as ${href}`, (t) => {
    const target = targetOf(text);
    t.is(target.kind === 'target' ? target.url.href : target.reason, href);
  });
}

test('a redirect that differs from a seen URL by its fragment only is a circle', (t) => {
  const trail = new RedirectTrail(5);
  const [first, second] = [new URL('http://example.com/a'), new URL('http://example.com/b')];
  const redirect = (location: string) => ({ kind: 'redirect', location, setCookies: [] }) as const;
  t.is(trail.next(first, redirect('/b')).kind, 'target');
  t.like(trail.next(second, redirect('/a#part')), { kind: 'failed', reason: 'redirect_limit' });
});
