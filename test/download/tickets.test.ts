import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { type Ticket, TicketQueue, ticketOf } from '../../src/download/tickets.ts';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

function ticket(order: number): Ticket {
  return ticketOf(order, () => undefined);
}

test('a ticket that was taken is not kept while others of its host wait', async (t) => {
  const queue = new TicketQueue();
  const taken = Array.from({ length: 10 }, (_, order) => {
    const one = ticket(order);
    queue.push(one);
    return new WeakRef(one);
  });
  queue.push(ticket(10));
  for (let i = 0; i < 10; i++) queue.shift();
  // What a WeakRef was made for is kept until the turn of the event loop ends.
  await nextTurn();
  collectGarbage();
  t.deepEqual(
    taken.filter((one) => one.deref()),
    [],
  );
  t.is(queue.head()?.order, 10);
});

test('all that are taken out at once are those still wanted, in their order', (t) => {
  const queue = new TicketQueue();
  const all = [0, 1, 2, 3].map(ticket);
  for (const one of all) queue.push(one);
  queue.shift();
  all[2]!.isGivenUp = true;
  t.deepEqual(
    queue.clear().map(({ order }) => order),
    [1, 3],
  );
  t.is(queue.head(), undefined);
});
