import test from 'ava';
import * as format from '../../src/report/format.ts';

test('shares are never rounded to nothing or to all', (t) => {
  const shares = [
    [0, 10],
    [1, 1_000_000],
    [1, 3],
    [999_999, 1_000_000],
    [10, 10],
    [0, 0],
  ] as const;
  t.deepEqual(
    shares.map(([part, whole]) => format.formatShare(part, whole)),
    ['0%', '<0.1%', '33.3%', '>99.9%', '100%', '\u2013'],
  );
});

test('durations have their two largest units', (t) => {
  t.deepEqual(
    [0.0421, 8.44, 59.96, 60, 3599.6, 7322, 200_000].map((seconds) =>
      format.formatDuration(seconds).replaceAll('\u00A0', ' '),
    ),
    ['42 ms', '8.4 s', '1 min 0 s', '1 min 0 s', '1 h 0 min', '2 h 2 min', '2 d 7 h'],
  );
});

test('sizes, tiny numbers and instants are written for people', (t) => {
  t.deepEqual(
    [0, 999, 3_412_771, 2.5e12].map((bytes) => format.formatBytes(bytes).replace('\u00A0', ' ')),
    ['0 B', '999 B', '3.4 MB', '2.5 TB'],
  );
  t.is(format.formatTiny(3.14e-7).replaceAll('\u00A0', ' '), '3.1 \u00D7 10\u207B\u2077');
  t.is(format.formatInstant('2026-11-21T09:06:22.123Z'), '2026-11-21 09:06:22 UTC');
  t.is(format.formatInstant('yesterday'), 'yesterday');
});

test('text is cut between characters as a reader counts them', (t) => {
  t.is(format.clipEnd('short', 10), 'short');
  t.is(
    format.clipEnd('\u{1F9D1}\u200D\u{1F680}'.repeat(4), 3),
    `${'\u{1F9D1}\u200D\u{1F680}'.repeat(2)}\u2026`,
  );
  t.is(format.clipMiddle('https://example.org/a/b/c/photo.jpg', 21), 'https://exam\u2026hoto.jpg');
});
