import test from 'ava';
import { hostOf } from '../../src/pipeline/row-host.ts';

test('a host is named with its port, where that is not the usual one', (t) => {
  t.is(hostOf('http://example.org:8080/a?b'), 'example.org:8080');
  t.is(hostOf(' HTTPS://EXAMPLE.org:443/a'), 'example.org');
});

test('a text that is no URL, or names no host, has none', (t) => {
  for (const url of [null, undefined, '', 'example.org', 'data:image/png,x', 'http://'])
    t.is(hostOf(url), undefined);
});

test('the host of a URL that carries a user name or password is not named', (t) => {
  for (const url of [
    'http://me@example.org/',
    'http://me:secret@example.org/',
    'http://:secret@example.org/',
  ])
    t.is(hostOf(url), undefined);
});
