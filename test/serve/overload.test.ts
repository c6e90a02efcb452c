import test from 'ava';
import { until } from '../helpers/until.ts';
import { type Answer, ask, connect, errorCode, makeWorld } from './world.ts';

/** Above what a busy machine adds to a turn of the event loop, most of the time. */
const MAX_LAG_MS = 200;

/** Keeps the event loop busy for one turn. */
function hog(): void {
  const endMs = performance.now() + 3 * MAX_LAG_MS;
  while (performance.now() < endMs);
}

test('with --max-lag-ms look-ups are turned away while the event loop is late, probes are not', async (t) => {
  const { server } = await makeWorld(t, { maxLagMs: MAX_LAG_MS });
  const agent = connect(t, 1);
  const look = (): Promise<Answer> => ask(agent, server.url, '/score/-123');
  await until(async () => (await look()).status === 200);
  let answer: Answer;
  do {
    hog();
    answer = await look();
  } while (answer.status === 200);
  t.is(answer.status, 503);
  t.is(errorCode(answer), 'BB_HTTP_OVERLOADED');
  t.is(answer.headers['retry-after'], '1');
  t.is((await ask(agent, server.url, '/healthz')).status, 200);
  await until(async () => (await look()).status === 200);
});
