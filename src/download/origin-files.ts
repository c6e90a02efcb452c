import type { Clock } from '../base/clock.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import { BodyBudget } from './body-budget.ts';
import { OriginConsent } from './consent/origin-consent.ts';
import { type AskForFile, MAX_FILE_REDIRECTS } from './consent/origin-file.ts';
import { MAX_ROBOTS_BYTES } from './consent/robots-file.ts';
import { Deadline, watchAbort } from './deadline.ts';
import { failureOf } from './failures.ts';
import { Journey, type JourneyTools } from './journey.ts';
import type { DownloadSettings } from './options.ts';
import type { Schedule } from './schedule.ts';
import { ticketOf } from './tickets.ts';
import { PRODUCT_TOKEN } from './user-agent.ts';
import type { Visit } from './visit.ts';

/** What the files of origins are asked for with. */
export interface OriginFileTools {
  readonly journey: JourneyTools;
  readonly schedule: Schedule;
  readonly clock: Clock;
}

/** A longer one is cut, and then it is no JSON. */
const MAX_TDM_BYTES = 4 * 1024 * 1024;

/** Of all files that are on their way. */
const MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024;

/** The time of a file, as a share of that of an image: it is spent before the image's begins. */
const TIMEOUT_SHARE = 0.5;

/** A pause between two requests that a robots.txt asks for is kept up to this: it was written for search engines. */
const MAX_CRAWL_DELAY_MS = 10_000;

/** Asks origins for their files by the same schedule, connections and guard as for images. */
export function originConsent(settings: DownloadSettings, tools: OriginFileTools): OriginConsent {
  const { schedule, clock } = tools;
  const budget = new BodyBudget(MAX_BYTES_IN_FLIGHT, MAX_TDM_BYTES);
  const asking = (maxBytes: number): AskForFile => {
    const exchange = {
      ...tools.journey.exchange,
      ...{ optOutOf: () => undefined, maxBytes, isFile: true, budget },
    };
    const journey: JourneyTools = { ...tools.journey, exchange, maxRedirects: MAX_FILE_REDIRECTS };
    return (url, onHop) => ask({ ...tools, journey }, url, TIMEOUT_SHARE * settings.timeoutMs, onHop);
  };
  return new OriginConsent({
    // A byte more shows that there is more.
    askForRobots: asking(MAX_ROBOTS_BYTES + 1),
    askForTdm: asking(MAX_TDM_BYTES),
    names: [PRODUCT_TOKEN, settings.userAgentToken],
    readsTdm: settings.obeysTdm,
    clock,
    onCrawlDelay: (host, ms) => schedule.slowDown(host, Math.min(ms, MAX_CRAWL_DELAY_MS)),
  });
}

async function ask(
  { journey: tools, schedule, clock }: OriginFileTools,
  url: URL,
  timeoutMs: number,
  onHop: (host: string) => void,
): Promise<Uint8Array | SampleFailure> {
  const order = schedule.nextOrder();
  // Rows wait for it that may have been here long: it goes before those that are not begun.
  const enter = (host: string): Promise<Visit | SampleFailure> =>
    new Promise((resolve) => schedule.offer(host, ticketOf(order, resolve), true));
  const first = await enter(url.host);
  if ('reason' in first) return first;
  const deadline = new Deadline(timeoutMs, undefined, clock);
  const reenter = async (next: URL): Promise<Visit | SampleFailure> => {
    onHop(next.host);
    deadline.pause();
    return enter(next.host).finally(() => deadline.resume());
  };
  try {
    const arrival = await new Journey(tools, { url, deadline, reenter }).run(first);
    if ('reason' in arrival) return arrival;
    arrival.reply.release();
    return arrival.reply.bytes;
  } catch (thrown) {
    return failureOf(thrown, 'connect');
  } finally {
    deadline.stop();
  }
}

/** Waits for something that never rejects, unless the signal comes first. */
export function unlessAborted<T>(wanted: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return wanted;
  return new Promise((resolve, reject) => {
    const unwatch = watchAbort(signal, () => {
      unwatch();
      reject(signal.reason);
    });
    void wanted.then((value) => {
      unwatch();
      resolve(value);
    });
  });
}
