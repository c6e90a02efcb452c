import { setImmediate, setTimeout } from 'node:timers/promises';
import test from 'ava';
import { ask, connect, errorCode, makeWorld } from './world.ts';

/** Keeps the event loop busy, with turns so long between which it polls. */
async function hog(turnMs: number, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    const endMs = performance.now() + turnMs;
    while (performance.now() < endMs);
    await setImmediate();
  }
}

test('with --max-lag-ms look-ups are turned away while the event loop is late, probes are not', async (t) => {
  const { server } = await makeWorld(t, { maxLagMs: 50 });
  const agent = connect(t, 1);
  t.is((await ask(agent, server.url, '/score/-123')).status, 200);
  const statuses = new Set<number>();
  const busy = hog(150, 12);
  for (let i = 0; i < 6; i++) {
    const answer = await ask(agent, server.url, '/score/-123');
    statuses.add(answer.status);
    if (answer.status !== 503) continue;
    t.is(errorCode(answer), 'BB_HTTP_OVERLOADED');
    t.is(answer.headers['retry-after'], '1');
    t.is((await ask(agent, server.url, '/healthz')).status, 200);
  }
  await busy;
  t.true(statuses.has(503));
  let status = 503;
  for (let waits = 0; waits < 50 && status === 503; waits++) {
    await setTimeout(100);
    status = (await ask(agent, server.url, '/score/-123')).status;
  }
  t.is(status, 200);
});
