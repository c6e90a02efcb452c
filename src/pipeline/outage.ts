import { BowerbirdError } from '../base/errors.ts';
import type { Downloader } from '../download/downloader.ts';
import type { ScoreProgress } from '../runs/progress.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import { OutageProbe, type ProbedDownloader, pause, type Sign, signOf } from './outage-probe.ts';
import { hostOf } from './row-host.ts';

/** Rows over which it is judged whether hosts answer. */
const WINDOW_ROWS = 200;
/** With nothing more to download, these last ones are enough, those of earlier shards among them. */
const MIN_ROWS = 20;
const SUSPICIOUS_SHARE = 0.95;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;
/** For so long, names that do not exist are taken for what they are, once the name servers were found to be sound. */
const ZONES_TRUSTED_MS = 600_000;
const MAX_DEAD_HOSTS = 50_000;

/** What the watch needs of the stage that downloads. `Row` is an object that stays the same from try to try. */
export interface OutageTools<Row extends object> {
  readonly downloader: ProbedDownloader & Pick<Downloader, 'pause' | 'resume' | 'forgetSilence'>;
  readonly progress: ScoreProgress;
  /** How long a run may be paused; 0 for no watch at all. */
  readonly limitMs: number;
  /** A URL of any row that is in flight or soon will be, another each time. */
  readonly draw: () => string | undefined;
  /** Ends a row with its failure. */
  readonly fail: (row: Row, failure: SampleFailure) => void;
  /** Downloads a row again. */
  readonly retry: (row: Row) => void;
  /** Ends the run. */
  readonly giveUp: (error: BowerbirdError) => void;
  /** The run was given up. */
  readonly signal: AbortSignal;
  /** The run was told to close. */
  readonly closing: AbortSignal;
}

interface Entry<Row> {
  readonly sign: Sign;
  /** A row that failed, withheld until it is known whether the fault is ours. */
  readonly failed?: { readonly row: Row; readonly failure: SampleFailure; readonly host: string };
}

/**
 * Tells dead hosts from a dead network. The last rows that failed without an answer are withheld; when nearly all of
 * the window is such rows, downloads pause and some hosts are asked. If they answer, the rows are tried once more; a
 * host that fails again then counts as dead. If not, the run stays paused, and ends after `limitMs`.
 */
export class OutageWatch<Row extends object> {
  readonly #tools: OutageTools<Row>;
  readonly #probe: OutageProbe;
  #window: Entry<Row>[] = [];
  #badCount = 0;
  /** Whether each of the last `MIN_ROWS` rows failed without an answer, whatever became of it since. */
  #recent: boolean[] = [];
  /** Rows that were tried again, and how they had failed before. */
  readonly #triedAgain = new WeakMap<Row, SampleFailure>();
  readonly #deadHosts = new Set<string>();
  #zonesTrustedUntilMs = 0;
  #hasAnswer = false;
  #silentCount = 0;
  #gate: Promise<void> | undefined;

  constructor(tools: OutageTools<Row>) {
    this.#tools = tools;
    this.#probe = new OutageProbe(tools.downloader);
  }

  /** Set while downloads are paused: settles when they may go on. */
  get gate(): Promise<void> | undefined {
    return this.#gate;
  }

  /** Notes that a row's host sent an image. */
  succeeded(url: string): void {
    this.#answer(url);
  }

  /** Ends a row that failed: at once, or once it is known that the fault is not ours. */
  failed(row: Row, url: string | null, latest: SampleFailure): void {
    // A row that was asked for once failed as it did then: the second time its host was known by others' silence.
    const failure = latest.reason === 'host_unresponsive' ? (this.#triedAgain.get(row) ?? latest) : latest;
    const host = hostOf(url);
    const sign = this.#tools.limitMs > 0 && host !== undefined ? this.#signOf(failure, host) : 'nothing';
    if (sign === 'silence' || sign === 'unknown_name') {
      this.#push({ sign, failed: { row, failure, host: host! } });
      return;
    }
    if (sign === 'answer') this.#answer(url!);
    this.#tools.fail(row, failure);
  }

  /** Nothing is being downloaded, and nothing will be before a shard is complete: what is withheld cannot wait. */
  idle(): void {
    if (this.#gate) return;
    // Shards of a few rows each are complete before a window is full: what is judged goes on from shard to shard.
    const isSilent =
      this.#recent.length === MIN_ROWS && this.#recent.filter(Boolean).length >= SUSPICIOUS_SHARE * MIN_ROWS;
    if (this.#badCount > 0 && isSilent) this.#pause();
    else this.#clear().forEach(this.#release);
  }

  /** All rows have ended. */
  finish(): void {
    if (this.#hasAnswer || this.#silentCount === 0) return;
    this.#tools.progress.note('No host has answered in this run: is this machine online?');
  }

  #signOf(failure: SampleFailure, host: string): Sign {
    const sign = signOf(failure);
    if (sign === 'silence' && this.#deadHosts.has(host)) return 'nothing';
    if (sign === 'unknown_name' && performance.now() < this.#zonesTrustedUntilMs) return 'nothing';
    return sign;
  }

  #answer(url: string): void {
    if (this.#tools.limitMs === 0) return;
    const host = hostOf(url)!;
    this.#hasAnswer = true;
    this.#probe.answered(host, url);
    this.#deadHosts.delete(host);
    this.#push({ sign: 'answer' });
  }

  #push(entry: Entry<Row>): void {
    this.#window.push(entry);
    this.#recent.push(entry.failed !== undefined);
    if (this.#recent.length > MIN_ROWS) this.#recent.shift();
    if (entry.failed) this.#badCount++;
    if (entry.sign === 'silence') this.#silentCount++;
    if (this.#gate) return;
    if (this.#window.length >= WINDOW_ROWS && this.#isSuspicious()) this.#pause();
    else if (this.#window.length > WINDOW_ROWS) this.#forgetOldest();
  }

  #forgetOldest(): void {
    const oldest = this.#window.shift();
    if (!oldest?.failed) return;
    this.#badCount--;
    this.#release(oldest);
  }

  readonly #release = ({ failed }: Entry<Row>): void => {
    if (failed) this.#tools.fail(failed.row, failed.failure);
  };

  #isSuspicious(): boolean {
    return this.#badCount >= SUSPICIOUS_SHARE * this.#window.length;
  }

  #clear(): Entry<Row>[] {
    this.#badCount = 0;
    return this.#window.splice(0);
  }

  #pause(): void {
    let open = (): void => undefined;
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    this.#tools.downloader.pause();
    this.#waitForAnswers()
      .then((wasOut) => {
        this.#gate = undefined;
        // Hosts were given up that could not be heard.
        if (wasOut) this.#tools.downloader.forgetSilence();
        if (wasOut !== undefined) this.#goOn(wasOut);
        this.#tools.downloader.resume();
        open();
      })
      .catch(this.#tools.giveUp);
  }

  /** Gives whether there was an outage; undefined where the run has been given up meanwhile. */
  async #waitForAnswers(): Promise<boolean | undefined> {
    const { signal, closing, limitMs, progress } = this.#tools;
    const either = AbortSignal.any([signal, closing]);
    const startedMs = performance.now();
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      const works = await this.#networkWorks(either);
      if (signal.aborted) return undefined;
      if (works) return progress.pausedAtMs !== undefined;
      if (closing.aborted) throw interruptedError();
      if (progress.pausedAtMs === undefined) this.#tellPause();
      const leftMs = limitMs - (performance.now() - startedMs);
      if (leftMs <= 0) throw outageError(limitMs, this.#reasons());
      await pause(Math.min(pauseMs, leftMs), either);
    }
  }

  async #networkWorks(signal: AbortSignal): Promise<boolean> {
    this.#probe.forgetNames();
    const names = this.#failures().filter(({ failure }) => signOf(failure) === 'unknown_name');
    const [zonesExist, hostsAnswer] = await Promise.all([
      names.length > 0 && this.#probe.zonesExist(names.map(({ host }) => host)),
      this.#probe.hostsAnswer(this.#tools.draw, signal),
    ]);
    if (zonesExist) this.#zonesTrustedUntilMs = performance.now() + ZONES_TRUSTED_MS;
    // A list of names that are gone is no outage, if the name servers know what they say.
    return hostsAnswer || (zonesExist && names.length >= SUSPICIOUS_SHARE * this.#badCount);
  }

  #failures(): NonNullable<Entry<Row>['failed']>[] {
    return this.#window.flatMap(({ failed }) => failed ?? []);
  }

  #tellPause(): void {
    const { progress, limitMs } = this.#tools;
    progress.pausedAtMs = Date.now();
    progress.note(
      `Nearly no host answers (${this.#reasons()} of the last ${this.#window.length} rows): downloads pause until hosts do, ` +
        `for ${minutes(limitMs)} at the most (--outage-minutes). None of these rows is counted as failed.`,
    );
  }

  #goOn(wasOut: boolean): void {
    const { progress, retry } = this.#tools;
    let again = 0;
    for (const entry of this.#clear()) {
      if (!entry.failed) continue;
      const { row, host, failure } = entry.failed;
      // Sound name servers said so, and no outage was seen meanwhile.
      const isTrue =
        !wasOut && entry.sign === 'unknown_name' && performance.now() < this.#zonesTrustedUntilMs;
      if (isTrue || (!wasOut && this.#triedAgain.has(row))) {
        if (entry.sign === 'silence' && this.#deadHosts.size < MAX_DEAD_HOSTS) this.#deadHosts.add(host);
        this.#release(entry);
      } else {
        again++;
        this.#triedAgain.set(row, failure);
        retry(row);
      }
    }
    if (wasOut) progress.note(`Hosts answer again; the run goes on and tries ${again} rows once more.`);
    progress.pausedAtMs = undefined;
  }

  /** `connect_refused 180, dns_failed 20` */
  #reasons(): string {
    const counts = new Map<string, number>();
    for (const { failure } of this.#failures())
      counts.set(failure.reason, (counts.get(failure.reason) ?? 0) + 1);
    return [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([reason, count]) => `${reason} ${count}`)
      .join(', ');
  }
}

function minutes(ms: number): string {
  const count = Number((ms / 60_000).toPrecision(3));
  return count === 1 ? '1 minute' : `${count} minutes`;
}

function outageError(limitMs: number, reasons: string): BowerbirdError {
  return new BowerbirdError(
    'BB_OUTAGE',
    `Nearly no host has answered for ${minutes(limitMs)} (${reasons}). Look at this machine's network and name servers, ` +
      'then run the same command again: finished shards are kept, and no row of this outage was counted as failed. ' +
      'Where all these hosts are truly gone, --outage-minutes 0 counts them.',
    { fields: { limitMs, reasons } },
  );
}

function interruptedError(): BowerbirdError {
  return new BowerbirdError(
    'BB_INTERRUPTED',
    'interrupted while no host answered. Finished shards are kept; run the same command again to go on.',
  );
}
