import test from 'ava';
import { countOf, IMAGE_ANSWER, playHost, refusal, TIMEOUT_MS } from './clocked-host.ts';

const TOO_MANY = '429 Too Many Requests';
const UNAVAILABLE = '503 Service Unavailable';

/** Scatters rows as a hash does; uniform in [0, 1). */
function scattered(row: number): number {
  return (Math.imul(row + 7919, 2654435761) >>> 0) / 2 ** 32;
}

for (const [what, isBad, headers, mostSeconds] of [
  ['each fifth image', (row: number) => row % 5 === 0, '', 60],
  [
    'each fifth image, and asks for a second each time,',
    (row: number) => row % 5 === 0,
    'Retry-After: 1\r\n',
    90,
  ],
  ['each second image', (row: number) => row % 2 === 0, '', 60],
  ['a tenth of the images, anywhere,', (row: number) => scattered(row) < 0.1, '', 60],
  ['two fifths of the images, anywhere,', (row: number) => scattered(row) < 0.4, '', 60],
] as const)
  for (const retries of [0, 1])
    test(`a host that says 429 to ${what} at any pace is not slowed down for long (${retries} retries)`, async (t) => {
      const rows = 400;
      const answer = (row: number): string => (isBad(row) ? refusal(TOO_MANY, headers) : IMAGE_ANSWER);
      const played = await playHost(t, rows, answer, { retries });
      t.log(`${played.requests} requests, ${played.seconds} s`);
      const bad = Array.from({ length: rows }, (_, row) => row).filter(isBad).length;
      t.is(countOf(played, 'image'), rows - bad);
      t.is(countOf(played, 'http_too_many_requests'), bad);
      t.true(played.seconds <= mostSeconds, `${played.seconds} s`);
    });

test('a host that bears two requests in a second, and ten of the first, brings every row, without retries', async (t) => {
  let [tokens, lastMs] = [10, 0];
  const played = await playHost(t, 100, (_row, nowMs) => {
    tokens = Math.min(10, tokens + ((nowMs - lastMs) * 2) / 1000);
    lastMs = nowMs;
    if (tokens < 1) return refusal(TOO_MANY);
    tokens--;
    return IMAGE_ANSWER;
  });
  t.log(`${played.requests} requests, ${played.seconds} s`);
  t.is(countOf(played, 'image'), 100);
});

for (const retries of [0, 1]) {
  test(`a host that says 503 to everything is waited for as long as one image may take, then each row is asked for once (${retries} retries)`, async (t) => {
    const played = await playHost(t, 300, () => refusal(UNAVAILABLE), { retries });
    t.log(`${played.requests} requests, ${played.seconds} s`);
    t.is(countOf(played, 'http_server_error'), 300);
    t.true(played.seconds <= 1.2 * (TIMEOUT_MS / 1000), `${played.seconds} s`);
    t.true(played.requests <= 1.1 * 300, `${played.requests} requests`);
  });

  test(`a host that says 429 to everything is waited for as long as one image may take (${retries} retries)`, async (t) => {
    const played = await playHost(t, 300, () => refusal(TOO_MANY), { retries });
    t.is(countOf(played, 'http_too_many_requests'), 300);
    t.true(played.seconds <= 1.2 * (TIMEOUT_MS / 1000), `${played.seconds} s`);
    t.true(played.requests <= 12, `${played.requests} requests`);
  });
}

test('a host that says 503 to everything while it starts again brings every row, without retries', async (t) => {
  const played = await playHost(t, 300, (_row, nowMs) =>
    nowMs < 8_000 ? refusal(UNAVAILABLE) : IMAGE_ANSWER,
  );
  t.is(countOf(played, 'image'), 300);
  t.true(played.requests <= 330, `${played.requests} requests`);
});

for (const seconds of ['3600', '99999999999999999999'])
  test(`one image that is refused with Retry-After: ${seconds} costs its host's other rows the time of one image, and none of them`, async (t) => {
    const played = await playHost(t, 200, (row) =>
      row % 60 === 2 ? refusal(TOO_MANY, `Retry-After: ${seconds}\r\n`) : IMAGE_ANSWER,
    );
    t.log(`${played.requests} requests, ${played.seconds} s`);
    t.is(countOf(played, 'image'), 196);
    t.true(played.seconds <= 2 * (TIMEOUT_MS / 1000), `${played.seconds} s`);
  });
