import { setTimeout as sleep } from 'node:timers/promises';
import { RecentMap } from '../base/recent-map.ts';
import type { Downloader } from '../download/downloader.ts';
import { type Heard, heardOf, type SampleFailure } from '../samples/reasons.ts';
import { hostOf } from './row-host.ts';

/** Hosts that answered in this run and are asked first. */
const MAX_KNOWN = 8;
/** Hosts drawn from all rows of the shards in flight: another set each time. */
const MAX_DRAWN = 24;
/** Nearly all rows may be of a few hosts that are gone: one in five hundred that is not is still found. */
const MAX_DRAWS = 2_000;
/** One that answers is not enough: it may be in our own network, or behind a wall that lets little through. */
const LEAST_SHARE = 0.1;
/** Where no name is known any more, these say whether the name servers know the Internet. */
const USUAL_ZONE = 'com';
const MAX_ZONES = 8;

/** What is needed of a downloader to ask hosts and name servers. */
export type ProbedDownloader = Pick<Downloader, 'probe' | 'zoneExists' | 'forgetMissingNames'>;

/** Finds out whether hosts can be reached, by asking some of those that the run needs. Nobody else is asked. */
export class OutageProbe {
  readonly #downloader: ProbedDownloader;
  /** Host -> a URL of it that was answered; the last ones. */
  readonly #known = new RecentMap<string, string>(MAX_KNOWN);

  constructor(downloader: ProbedDownloader) {
    this.#downloader = downloader;
  }

  /** Notes that a host has answered. */
  answered(host: string, url: string): void {
    this.#known.set(host, url);
  }

  /** Whether at least a tenth of some hosts answers: of those that did before, and of others that the run needs. */
  async hostsAnswer(draw: () => string | undefined, signal: AbortSignal): Promise<boolean> {
    const urls = new Map(this.#known);
    for (let draws = 0; draws < MAX_DRAWS && urls.size < MAX_KNOWN + MAX_DRAWN; draws++) {
      const url = draw();
      const host = hostOf(url);
      if (url !== undefined && host !== undefined && !urls.has(host)) urls.set(host, url);
    }
    if (urls.size === 0) return true;
    return this.#enoughAnswer([...urls.values()], signal);
  }

  async #enoughAnswer(urls: readonly string[], signal: AbortSignal): Promise<boolean> {
    const needed = Math.max(1, Math.ceil(LEAST_SHARE * urls.length));
    const enough = new AbortController();
    const either = AbortSignal.any([signal, enough.signal]);
    let answers = 0;
    const ask = async (url: string): Promise<void> => {
      const outcome = await this.#downloader.probe(url, either);
      if (outcome.kind === 'downloaded') outcome.release();
      if (signOf(outcome.kind === 'failed' ? outcome : undefined) === 'answer') answers++;
      if (answers >= needed) enough.abort();
    };
    await Promise.allSettled(urls.map(ask));
    return answers >= needed;
  }

  /** Whether the name servers know the zones (`com`, `net`) of names that they said do not exist. */
  async zonesExist(hosts: readonly string[]): Promise<boolean> {
    const zones = new Set([
      USUAL_ZONE,
      ...hosts.flatMap((host) => /([^.:]+)(?::\d+)?$/.exec(host)?.[1] ?? []),
    ]);
    const found = [...zones].slice(0, MAX_ZONES).map(async (zone) => {
      if (!(await this.#downloader.zoneExists(zone))) throw new Error(zone);
    });
    return Promise.any(found).then(
      () => true,
      () => false,
    );
  }

  /** Has names asked for anew that were said not to exist. */
  forgetNames(): void {
    this.#downloader.forgetMissingNames();
  }
}

/** Waits, unless the signal comes first. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/**
 * What the end of a download says about this machine's way out.
 * `answer`: a host answered, whatever it said. `silence`: nobody did, and that may be our own side's fault.
 * `unknown_name`: the name servers say that there is no such name, which is an answer if they know the Internet at all.
 * `nothing`: nobody was asked.
 */
export type Sign = 'answer' | 'silence' | 'unknown_name' | 'nothing';

const SIGN_OF: Readonly<Record<Heard, Sign>> = {
  host: 'answer',
  nobody: 'silence',
  no_way: 'silence',
  no_name: 'unknown_name',
  unasked: 'nothing',
};

/** The sign that a download gave; without a failure it succeeded. */
export function signOf(failure: Pick<SampleFailure, 'reason' | 'heard'> | undefined): Sign {
  return SIGN_OF[failure === undefined ? 'host' : heardOf(failure)];
}
