import type { Clock } from '../base/clock.ts';
import { AddressWatch } from './address-watch.ts';
import type { AddressRule } from './addresses.ts';
import { createAgents } from './agent.ts';
import { BodyBudget } from './body-budget.ts';
import { mostRequests } from './file-descriptors.ts';
import type { OpenHostBudget } from './host-budget.ts';
import { rulesByTable, silentAtOnce, usualRules } from './host-rules.ts';
import type { JourneyTools } from './journey.ts';
import { optOutRule } from './opt-out.ts';
import type { DownloadSettings } from './options.ts';
import type { NameResolver } from './resolver.ts';
import { Schedule } from './schedule.ts';
import { type RequestSlots, requestSlots } from './slots.ts';
import { userAgent } from './user-agent.ts';

/** What a downloader is made of, where it is not to be the usual. */
export interface DownloaderParts {
  readonly resolver: NameResolver;
  readonly isAddressAllowed: AddressRule;
  /** Uniform in [0, 1), for the jitter of retries. */
  readonly random: () => number;
  /** What the time of an image runs by; the limits of a connection are the HTTP client's own. */
  readonly clock: Clock;
  /** Where proxies are looked for; the process's where not given. */
  readonly environment: NodeJS.ProcessEnv;
  /** Where hosts are shared with other processes; undefined where they are not. */
  readonly openHostBudget: OpenHostBudget | undefined;
}

/** What decides when a request is sent, and what sends it. */
export interface Machinery {
  readonly slots: RequestSlots;
  readonly schedule: Schedule;
  readonly journey: JourneyTools;
}

/** @throws BowerbirdError BB_PROXY, BB_CA_FILE, BB_TOO_FEW_FILE_DESCRIPTORS */
export function machineryOf(settings: DownloadSettings, parts: DownloaderParts): Machinery {
  const { clock } = parts;
  const budget = new BodyBudget(settings.maxBytesInFlight, settings.maxBytes);
  const most = mostRequests(settings.threadCount);
  const onRoom = (): void => schedule.admitReady();
  const slots = requestSlots({ most, budget, clock, onRoom }, settings.threadCount);
  const rulesOf = rulesByTable(usualRules(settings.perHost), settings.hosts);
  const schedule = new Schedule({
    ...{ slots, rulesOf, clock, openHostBudget: parts.openHostBudget },
    ...{ timeoutMs: settings.timeoutMs, headersTimeoutMs: settings.headersTimeoutMs },
    silentAtOnce: silentAtOnce(settings.threadCount),
  });
  const addresses = new AddressWatch(rulesOf, () => clock.nowMs());
  const agents = createAgents(settings, {
    ...{ ...parts, addresses, mostRequests: most },
    isAskedSoon: (...soon) => schedule.isAskedSoon(...soon),
  });
  const exchange = {
    ...{ agents, budget, limits: settings, maxBytes: settings.maxBytes, isFile: false },
    userAgent: userAgent(settings.userAgentToken, settings.userAgentContact),
    optOutOf: optOutRule({ ...settings, directives: settings.disallowedHeaderDirectives }),
  };
  const { connectTimeoutMs, maxRedirects, retries, timeoutMs: mostPauseMs } = settings;
  const { random } = parts;
  return {
    ...{ slots, schedule },
    journey: { exchange, addresses, connectTimeoutMs, maxRedirects, mostPauseMs, retries, random },
  };
}
