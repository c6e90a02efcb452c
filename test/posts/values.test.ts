import test from 'ava';
import {
  countOf,
  countOfText,
  isImageUrl,
  isName,
  plainText,
  timeOf,
  timeOfText,
} from '../../src/posts/values.ts';

test('counts are whole numbers below 2^63, hidden ones null, and everything else none', (t) => {
  const texts: readonly (readonly [string | null, bigint | null | undefined])[] = [
    ...([
      ['0', 0n],
      ['12', 12n],
      [' 7 ', 7n],
      ['12.0', 12n],
      ['9223372036854775807', 2n ** 63n - 1n],
    ] as const),
    ...([
      [null, null],
      ['', null],
      ['NA', null],
      ['null', null],
      ['-1', null],
      ['-0', 0n],
    ] as const),
    ...([
      ['9223372036854775808', undefined],
      ['99999999999999999999', undefined],
      ['1.5', undefined],
    ] as const),
    ...([
      ['1e3', undefined],
      ['1,000', undefined],
      ['many', undefined],
      ['0x10', undefined],
      ['+5', undefined],
    ] as const),
    ['{"$numberLong":"9007199254740993"}', 9_007_199_254_740_993n],
  ];
  for (const [text, count] of texts) t.is(countOfText(text), count, String(text));
  for (const value of [1.5, 2 ** 53, Number.NaN, true, {}, [], [1]])
    t.is(countOf(value), undefined, String(value));
  t.is(countOf(5), 5n);
  t.is(countOf(-1), null);
  t.is(countOf(undefined), null);
});

test('times are ISO 8601 or numbers since 1970, of days that exist', (t) => {
  const noon = Date.UTC(2024, 1, 29, 12);
  const texts: readonly (readonly [string | null, number | null | undefined])[] = [
    ...([
      ['2024-02-29T12:00:00Z', noon],
      ['2024-02-29 12:00:00', noon],
      ['2024-02-29 12:00', noon],
    ] as const),
    ...([
      ['2024-02-29T14:00:00+02:00', noon],
      ['2024-02-29T14:00+0200', noon],
      ['2024-02-29 14:00:00+02', noon],
    ] as const),
    ...([
      ['2024-02-29 12:00:00 UTC', noon],
      ['2024-02-29 12:00:00.123456', noon + 123],
      ['2024-02-29', noon - 43_200_000],
    ] as const),
    ...([
      [String(noon / 1000), noon],
      [String(noon), noon],
      [`${noon / 1000}.5`, noon + 500],
    ] as const),
    ...([
      [null, null],
      ['', null],
      ['{"$date":"2024-02-29T12:00:00.000Z"}', noon],
    ] as const),
    ...([
      ['2024-02-30', undefined],
      ['2024-02-29T25:00:00Z', undefined],
      ['1969-12-31', undefined],
    ] as const),
    ...([
      ['yesterday', undefined],
      ['29.02.2024', undefined],
      ['-5', undefined],
      ['99999999999999', 99_999_999_999_999],
    ] as const),
  ];
  for (const [text, ms] of texts) t.is(timeOfText(text), ms, String(text));
  t.is(timeOf(noon / 1000), noon);
  for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e15, true, {}])
    t.is(timeOf(value), undefined, String(value));
});

test('names have 1 to 200 characters and no control characters; addresses of images are http or https', (t) => {
  for (const name of ['a', 'é雪😀', '../..', ' ', 'x'.repeat(200)]) t.true(isName(name), name);
  for (const name of ['', 'x'.repeat(201), 'a\0', 'a\nb', 'a\u0085', '\ud800', 7, null, ['a']])
    t.false(isName(name), String(name));
  for (const url of ['http://a.b', 'HTTPS://a.b/c d?e#f', 'https://x/é']) t.true(isImageUrl(url), url);
  for (const url of [
    'ftp://a.b',
    'a.b/c',
    'http://',
    'http:///a',
    'javascript:alert(1)',
    'https://[',
    `https://a/${'x'.repeat(8200)}`,
  ])
    t.false(isImageUrl(url), url);
  t.is(plainText('a\ud800b'), 'a\ufffdb');
  t.is(plainText(''), null);
  t.is(plainText(5), null);
});
