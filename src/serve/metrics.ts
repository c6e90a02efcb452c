import { basename } from 'node:path';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ScoreStore } from './options.ts';

/** Seconds. A single look-up takes 0.1 ms, a batch of 10,000 some 10 ms, a slow client's body seconds. */
const LATENCY_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];

/** What a server counts, in Prometheus' format. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter;
  readonly #latency: Histogram;
  readonly #hits: { inc(by?: number): void };
  readonly #misses: { inc(by?: number): void };
  /** Counters by route, method and status: finding one by its labels costs more than counting. */
  readonly #bound = new Map<string, { inc(): void }>();
  readonly #boundLatency = new Map<string, { observe(seconds: number): void }>();

  constructor(store: ScoreStore, isDraining: () => boolean) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Counter({
      name: 'bowerbird_http_requests_total',
      help: 'Answered requests',
      labelNames: ['route', 'method', 'status'],
      registers,
    });
    this.#latency = new Histogram({
      name: 'bowerbird_http_request_duration_seconds',
      help: 'From the end of the headers of a request to the end of its answer',
      labelNames: ['route'],
      buckets: LATENCY_BUCKETS,
      registers,
    });
    const lookups = new Counter({
      name: 'bowerbird_lookups_total',
      help: 'Hashes looked up',
      labelNames: ['result'],
      registers,
    });
    this.#hits = lookups.labels('hit');
    this.#misses = lookups.labels('miss');
    this.#hits.inc(0);
    this.#misses.inc(0);
    this.#describeStore(store, isDraining);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  countLookups(hits: number, misses: number): void {
    this.#hits.inc(hits);
    this.#misses.inc(misses);
  }

  countRequest(route: string, method: string, status: number, seconds: number): void {
    const key = `${method} ${route} ${status}`;
    let counter = this.#bound.get(key);
    if (!counter) {
      counter = this.#requests.labels(route, method, String(status));
      this.#bound.set(key, counter);
    }
    counter.inc();
    let latency = this.#boundLatency.get(route);
    if (!latency) {
      latency = this.#latency.labels(route);
      this.#boundLatency.set(route, latency);
    }
    latency.observe(seconds);
  }

  #describeStore(store: ScoreStore, isDraining: () => boolean): void {
    const registers = [this.#registry];
    new Gauge({
      name: 'bowerbird_store_info',
      help: 'The build that answers; always 1',
      labelNames: ['version', 'columns', 'precision', 'checksum'],
      registers,
      collect() {
        const { columns, precision, checksum } = store.meta;
        this.reset();
        this.labels(basename(store.versionPath), columns.join(), precision, checksum).set(1);
      },
    });
    new Gauge({
      name: 'bowerbird_store_entries',
      help: 'Hashes in the build that answers',
      registers,
      collect() {
        this.set(store.meta.entries);
      },
    });
    new Gauge({
      name: 'bowerbird_store_created_timestamp_seconds',
      help: 'When the build that answers was made',
      registers,
      collect() {
        this.set(Date.parse(store.meta.createdAt) / 1000);
      },
    });
    new Gauge({
      name: 'bowerbird_draining',
      help: '1 once the server was told to stop',
      registers,
      collect() {
        this.set(isDraining() ? 1 : 0);
      },
    });
  }
}
