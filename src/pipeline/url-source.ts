import { ConsentNotes } from '../download/consent/consent-notes.ts';
import type { Downloader } from '../download/downloader.ts';
import type { Row } from './model-stage.ts';
import { OutageWatch } from './outage.ts';
import { hostOf } from './row-host.ts';
import type { RowImage, RowSource, SourceTools } from './row-source.ts';

/** How images are downloaded. */
export interface UrlSourceOptions {
  /** Stays open when the source is closed: others may come after it. */
  readonly downloader: Downloader;
  /** Whether it is kept what hosts say of consent. */
  readonly saveConsent: boolean;
  /** How long downloads may be paused while no host answers; 0 for never. */
  readonly outageLimitMs: number;
}

/** The images that rows' URLs lead to. */
export class UrlSource implements RowSource {
  readonly #downloader: Downloader;
  readonly #saveConsent: boolean;
  readonly #signal: AbortSignal;
  readonly #outage: OutageWatch<Row>;

  constructor({ downloader, saveConsent, outageLimitMs }: UrlSourceOptions, tools: SourceTools) {
    this.#downloader = downloader;
    this.#saveConsent = saveConsent;
    this.#signal = tools.signal;
    this.#outage = new OutageWatch({ ...tools, downloader, limitMs: outageLimitMs });
  }

  get heldBytes(): number {
    return this.#downloader.heldBytes;
  }

  get requestsInFlight(): number {
    return this.#downloader.requestsInFlight;
  }

  get width(): number {
    return this.#downloader.width;
  }

  get isFull(): boolean {
    return this.#downloader.isFull;
  }

  get isShortOfMemory(): boolean {
    return this.#downloader.isShortOfMemory;
  }

  waitingHosts(most: number): ReturnType<RowSource['waitingHosts']> {
    return this.#downloader.waitingHosts(most);
  }

  hangingRequests(most: number): ReturnType<RowSource['hangingRequests']> {
    return this.#downloader.hangingRequests(most);
  }

  async fetch(row: Row): Promise<RowImage | undefined> {
    const { work, index } = row;
    const url = work.shard.urls[index] ?? null;
    let startedMs: number | undefined;
    const notes = this.#saveConsent ? new ConsentNotes() : undefined;
    const onStart = (): void => {
      startedMs = performance.now();
    };
    const outcome = await this.#downloader.download(url, this.#signal, { onStart, notes, hosts: work.hosts });
    if (notes) work.consent[index] = notes.signals;
    if (startedMs !== undefined) work.times.downloadMs += performance.now() - startedMs;
    if (outcome.kind === 'failed') {
      this.#outage.failed(row, url, outcome);
      return undefined;
    }
    this.#outage.succeeded(url!);
    work.hosts.arrived(hostOf(url)!, outcome.bytes.length);
    return outcome;
  }

  idle(): void {
    this.#outage.idle();
  }

  finish(): void {
    this.#outage.finish();
  }

  /** What it had in flight ends by its signal. */
  async close(): Promise<void> {}
}
