import test from 'ava';
import { type OutageTools, OutageWatch } from '../../src/pipeline/outage.ts';
import { ScoreProgress } from '../../src/runs/progress.ts';
import { type FailureReason, REASONS, type SampleFailure } from '../../src/samples/reasons.ts';

interface Row {
  readonly url: string;
}

/** A watch over rows whose hosts answer as `reasonFor` says; undefined is an image. */
class Rehearsal {
  readonly failures: string[] = [];
  readonly notes: string[] = [];
  readonly asked: string[] = [];
  readonly calls: string[] = [];
  givenUp: string | undefined;
  triedAgain = 0;
  readonly watch: OutageWatch<Row>;
  readonly #reasonFor: (url: string) => FailureReason | undefined;
  readonly #rows: Row[];

  constructor(
    urls: readonly string[],
    reasonFor: (url: string) => FailureReason | undefined,
    zones: readonly string[],
  ) {
    this.#reasonFor = reasonFor;
    this.#rows = urls.map((url) => ({ url }));
    const downloader: OutageTools<Row>['downloader'] = {
      probe: async (url) => {
        this.asked.push(url);
        const reason = reasonFor(url);
        return reason
          ? failure(reason)
          : { kind: 'downloaded', bytes: Buffer.alloc(1), attempts: 1, release: () => undefined };
      },
      pause: () => this.calls.push('pause'),
      resume: () => this.calls.push('resume'),
      forgetSilence: () => this.calls.push('forgetSilence'),
      zoneExists: async (zone) => zones.includes(zone),
      forgetMissingNames: () => undefined,
    };
    let draws = 0;
    this.watch = new OutageWatch<Row>({
      downloader,
      progress: new ScoreProgress((text) => this.notes.push(text)),
      limitMs: 50,
      draw: () => urls[(draws++ * 37) % urls.length],
      fail: (_row, { reason }) => this.failures.push(reason),
      retry: (row) => {
        this.triedAgain++;
        this.#end(row);
      },
      giveUp: ({ code }) => {
        this.givenUp = code;
      },
      signal: new AbortController().signal,
      closing: new AbortController().signal,
    });
  }

  /** Has every row end once, and again where it is tried again; nothing is in flight after each `shardRows`. */
  async play(shardRows = this.#rows.length): Promise<void> {
    for (const [i, row] of this.#rows.entries()) {
      if (i > 0 && i % shardRows === 0) this.watch.idle();
      if (this.watch.gate) await Promise.race([this.watch.gate, this.#hasGivenUp()]);
      if (this.givenUp !== undefined) return;
      this.#end(row);
    }
    while (this.givenUp === undefined && this.failures.length < this.#failing()) {
      this.watch.idle();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.watch.finish();
  }

  async #hasGivenUp(): Promise<void> {
    while (this.givenUp === undefined && this.watch.gate)
      await new Promise((resolve) => setImmediate(resolve));
  }

  #failing(): number {
    return this.#rows.filter(({ url }) => this.#reasonFor(url)).length;
  }

  #end(row: Row): void {
    const reason = this.#reasonFor(row.url);
    if (reason) this.watch.failed(row, row.url, failure(reason));
    else this.watch.succeeded(row.url);
  }
}

function failure(reason: FailureReason): SampleFailure {
  return { kind: 'failed', reason, message: reason };
}

function urls(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `http://host${i}.example/${i}.jpg`);
}

test('names that are gone are no outage where the name servers know the zones', async (t) => {
  const run = new Rehearsal(urls(1000), () => 'dns_not_found', ['com']);
  await run.play();
  t.is(run.givenUp, undefined);
  t.is(run.failures.length, 1000);
  t.deepEqual(run.notes, []);
});

test('names that are all unknown are an outage where the name servers know no zone', async (t) => {
  const run = new Rehearsal(urls(1000), () => 'dns_not_found', []);
  await run.play();
  t.is(run.givenUp, 'BB_OUTAGE');
  t.deepEqual(run.failures, []);
  t.regex(run.notes[0] ?? '', /dns_not_found 200 of the last 200 rows/);
});

test('one host that answers amid silence does not end an outage', async (t) => {
  const run = new Rehearsal(
    urls(1000),
    (url) => (url.includes('/7.jpg') ? undefined : url.length % 2 === 0 ? 'dns_failed' : 'dns_not_found'),
    [],
  );
  await run.play();
  t.is(run.givenUp, 'BB_OUTAGE');
  t.deepEqual(run.failures, []);
});

test('a tenth of the hosts alive, as in an old list, is no outage', async (t) => {
  const run = new Rehearsal(urls(3000), (url) => (/[05]\.jpg/.test(url) ? undefined : 'connect_timeout'), [
    'com',
  ]);
  await run.play();
  t.is(run.givenUp, undefined);
  t.is(run.failures.length, 2400);
});

test('an answer of any kind is one: refusals, bad certificates and broken bodies do not pause a run', async (t) => {
  const nobodyAnswered = [
    ...['dns_failed', 'dns_not_found', 'timed_out', 'robots_unreachable'],
    ...['connect_refused', 'connect_timeout', 'connect_failed', 'proxy_failed', 'host_unresponsive'],
  ];
  for (const reason of Object.keys(REASONS) as FailureReason[]) {
    const run = new Rehearsal(urls(300), () => reason, []);
    await run.play();
    t.is(run.givenUp === 'BB_OUTAGE', nobodyAnswered.includes(reason), reason);
  }
});

test('the rows of a dead host are tried again until it counts as dead, and no longer', async (t) => {
  const dead = Array.from({ length: 5000 }, (_, i) => `http://dead.example/${i}.jpg`);
  const run = new Rehearsal(
    [...urls(10), ...dead],
    (url) => (url.includes('dead') ? 'connect_timeout' : undefined),
    [],
  );
  await run.play();
  t.is(run.givenUp, undefined);
  t.is(run.failures.length, 5000);
  t.true(run.triedAgain >= 200 && run.triedAgain < 500, `${run.triedAgain} rows`);
  t.true(run.asked.length < 100, `${run.asked.length} probes`);
});

test('an outage is seen where shards have a few rows each, and little is lost of it', async (t) => {
  for (const shardRows of [1, 3, 7, 15, 30]) {
    const run = new Rehearsal(urls(400), () => 'connect_refused', []);
    await run.play(shardRows);
    t.is(run.givenUp, 'BB_OUTAGE', `shards of ${shardRows} rows`);
    t.true(run.failures.length < 20, `${run.failures.length} failures of shards of ${shardRows} rows`);
  }
});

test('small shards of which most are answered are not paused', async (t) => {
  const run = new Rehearsal(urls(400), (url) => (/[0-7]\.jpg/.test(url) ? 'connect_refused' : undefined), []);
  await run.play(10);
  t.is(run.givenUp, undefined);
  t.is(run.failures.length, 320);
  t.deepEqual(run.notes, []);
});

test('downloads stand still while hosts are asked; where that was no outage, silent hosts are not forgiven', async (t) => {
  const dead = Array.from({ length: 500 }, (_, i) => `http://dead.example/${i}.jpg`);
  const run = new Rehearsal(
    [...urls(10), ...dead],
    (url) => (url.includes('dead') ? 'connect_timeout' : undefined),
    [],
  );
  await run.play();
  t.deepEqual(run.calls.slice(0, 2), ['pause', 'resume']);
  t.is(run.calls.filter((call) => call === 'pause').length, run.calls.length / 2);
});

test('a row that was asked for once fails as it did then, though its host is given up meanwhile', async (t) => {
  const seen = new Set<string>();
  const firstTimeout = (url: string): FailureReason | undefined => {
    if (!url.includes('dead')) return undefined;
    const isFirst = !seen.has(url) && seen.size < 5;
    seen.add(url);
    return isFirst ? 'connect_timeout' : 'host_unresponsive';
  };
  const dead = Array.from({ length: 500 }, (_, i) => `http://dead.example/${i}.jpg`);
  const run = new Rehearsal([...urls(10), ...dead], firstTimeout, []);
  await run.play();
  t.is(run.failures.filter((reason) => reason === 'connect_timeout').length, 5);
  t.is(run.failures.length, 500);
});
