import type { SampleFailure } from '../samples/reasons.ts';
import { type Deadline, watchAbort } from './deadline.ts';
import type { Schedule } from './schedule.ts';
import { ticketOf } from './tickets.ts';
import type { Visit } from './visit.ts';

/** Who waits: a row by its place, and what ends the wait. */
interface FirstWait {
  readonly order: number;
  readonly signal: AbortSignal | undefined;
}

interface FurtherWait {
  readonly order: number;
  readonly deadline: Deadline;
}

/** Waits for a row's first turn at a host; rejects with the signal's reason alone. */
export function firstTurn(
  schedule: Schedule,
  host: string,
  { order, signal }: FirstWait,
): Promise<Visit | SampleFailure> {
  return new Promise((resolve, reject) => {
    let unwatch = (): void => undefined;
    const settle = (outcome: Visit | SampleFailure): void => {
      unwatch();
      resolve(outcome);
    };
    const ticket = ticketOf(order, settle);
    if (signal) {
      unwatch = watchAbort(signal, () => {
        ticket.isGivenUp = true;
        unwatch();
        reject(signal.reason);
      });
    }
    schedule.offer(host, ticket, false);
  });
}

/** Waits for a further turn of a row that was begun, as long as its deadline lets it. */
export function furtherTurn(
  schedule: Schedule,
  host: string,
  { order, deadline }: FurtherWait,
): Promise<Visit | SampleFailure> {
  return deadline.wait<Visit | SampleFailure>((settle) => {
    const ticket = ticketOf(order, (outcome) => settle.resolve(outcome));
    schedule.offer(host, ticket, true);
    return () => {
      ticket.isGivenUp = true;
    };
  });
}
