/** How full the stages are at one moment. */
export interface StageLevels {
  /** Requests in flight. */
  readonly requests: number;
  /** Whether no more may be. */
  readonly isFull: boolean;
  /** Whether requests, or images that have begun to come, wait for memory. */
  readonly isShortOfMemory: boolean;
  /** Those of them at hosts at which none has ended for a while, and the hosts with the most. */
  readonly hanging: { readonly requests: number; readonly hosts: readonly string[] };
  readonly reading: Reading;
  /** Rows that the downloader has. */
  readonly rows: number;
  readonly decode: { readonly size: number; readonly capacity: number };
  readonly embed: { readonly size: number; readonly capacity: number };
  /** Of the image models that give tags. */
  readonly tags: readonly { readonly size: number; readonly capacity: number }[];
  readonly held: HeldBytes;
}

/**
 * What is to be expected of whoever reads rows: `awaited`, the next; `held back`, none before a shard is complete, since
 * enough are open; `ended`, none at all.
 */
export type Reading = 'awaited' | 'held back' | 'ended';

/** Bytes that rows hold on their way. */
export interface HeldBytes {
  /** Of images that are on their way, or wait to be decoded, or are. */
  readonly images: number;
  /** Of decoded crops that wait to be embedded, or are. */
  readonly crops: number;
  /** Of embeddings, for whose shards rows are still under way; room is made for all rows of a shard at once. */
  readonly embeddings: number;
}

type Cause =
  | 'embed'
  | 'tag'
  | 'decode'
  | 'width'
  | 'held'
  | 'memory'
  | 'hosts'
  | 'answers'
  | 'shards'
  | 'reading'
  | 'none';

/** Of shorter runs there is nothing to say. */
const LEAST_LOOKS = 10;
/** What is behind for less of the time is not worth a word. */
const LEAST_SHARE = 0.5;

const HELD = ['images', 'crops', 'embeddings'] as const;

const SENTENCES: Readonly<Record<Exclude<Cause, 'none'>, string>> = {
  embed:
    'the encoder was behind: decoder and downloads waited for it. --device sets where it runs, --encoder-threads with how much',
  tag: 'an image model that gives a tag was behind: decoder and downloads waited for it. --device sets where it runs, --encoder-threads with how much',
  decode:
    'the decoder was behind: downloads waited for it, and so did the encoder. --processes-count sets how many processes it has',
  width:
    'decoder and encoder waited for images, with all requests in flight that were allowed. --thread-count sets how many',
  hosts:
    'decoder and encoder waited for images, and rows for their hosts: for a place there, a pause that it asked for, or the next try. --per-host and --hosts set what a host is asked for at once, --timeout ends slow answers sooner',
  held: 'decoder and encoder waited for images, with all requests in flight that were allowed, most of them at hosts that did not answer or send for seconds. --timeout ends such requests sooner, --per-host gives a host fewer, --thread-count allows more in all',
  memory:
    'decoder and encoder waited for images, and these for memory: so much is held by images that have not come to their end, or are asked for. --max-mb-in-flight sets how much they may hold, --max-bytes how much is set aside for one, --timeout ends slow ones sooner',
  answers:
    'decoder and encoder waited for images, and no row was left to ask for: all were waiting for the answers of their hosts. --timeout ends slow ones sooner',
  shards:
    'decoder and encoder waited for images, and no row waited for a request: shards are smaller than what is in flight. --number-sample-per-shard makes larger ones',
  reading: 'decoder and encoder waited for images, and the downloader for rows: the input is read slowly',
};

/** Of these causes it is told how many requests were in flight, and at which hosts they hung. */
const HOSTS_MATTER: ReadonlySet<Cause> = new Set(['held', 'hosts', 'answers', 'memory']);
/** Hosts that are named at most, and that are counted. */
const MOST_NAMED = 3;
const MOST_COUNTED = 1_000;

/** Looks at the stages now and then, and says in the end which one the others waited for, and what rows held in memory. */
export class StageWatch {
  readonly #counts = new Map<Cause, number>();
  readonly #sums: Record<keyof HeldBytes, number> = { images: 0, crops: 0, embeddings: 0 };
  readonly #mosts: Record<keyof HeldBytes, number> = { images: 0, crops: 0, embeddings: 0 };
  /** Looks at which requests hung at a host, and requests that were in flight, while hosts mattered. */
  readonly #hangs = new Map<string, number>();
  readonly #requests = new Map<Cause, number>();
  #looks = 0;

  look(levels: StageLevels): void {
    const cause = causeOf(levels);
    this.#looks++;
    this.#counts.set(cause, (this.#counts.get(cause) ?? 0) + 1);
    if (HOSTS_MATTER.has(cause)) this.#noteHosts(cause, levels);
    for (const what of HELD) {
      this.#sums[what] += levels.held[what];
      this.#mosts[what] = Math.max(this.#mosts[what], levels.held[what]);
    }
  }

  /** What is to be said of the run; undefined where it was short, or no stage was behind for half of it. */
  describe(): string | undefined {
    const [cause, count] = [...this.#counts].reduce((a, b) => (b[1] > a[1] ? b : a), ['none', 0]);
    if (this.#looks < LEAST_LOOKS || cause === 'none' || count < LEAST_SHARE * this.#looks) return undefined;
    const share = Math.round((100 * count) / this.#looks);
    return `For ${share} % of the time ${SENTENCES[cause]}. ${this.#describeRequests(cause, count)}${this.#describeHeld()}`;
  }

  #noteHosts(cause: Cause, { requests, hanging }: StageLevels): void {
    this.#requests.set(cause, (this.#requests.get(cause) ?? 0) + requests);
    for (const host of hanging.hosts) {
      const looks = this.#hangs.get(host);
      if (looks !== undefined || this.#hangs.size < MOST_COUNTED) this.#hangs.set(host, (looks ?? 0) + 1);
    }
  }

  /** `Requests in flight then, on average: 12, longest at a.test, b.test. `; nothing where hosts are not the cause. */
  #describeRequests(cause: Cause, looks: number): string {
    const requests = this.#requests.get(cause);
    if (requests === undefined) return '';
    const named = [...this.#hangs].sort(([, a], [, b]) => b - a).slice(0, MOST_NAMED);
    const where = named.length > 0 ? `, longest at ${named.map(([host]) => host).join(', ')}` : '';
    return `Requests in flight then, on average: ${Math.ceil(requests / looks)}${where}. `;
  }

  /** `Held in memory, on average and at most, in MiB: images 12 and 40, crops 3 and 8, embeddings 96 and 100.` */
  #describeHeld(): string {
    const parts = HELD.map((what) => {
      const mean = mebibytes(this.#sums[what] / this.#looks);
      return `${what} ${mean} and ${mebibytes(this.#mosts[what])}`;
    });
    return `Held in memory, on average and at most, in MiB: ${parts.join(', ')}.`;
  }
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 1024 / 1024);
}

function causeOf(levels: StageLevels): Cause {
  const { decode, embed, tags, requests, rows, isFull, hanging } = levels;
  if (tags.some(({ size, capacity }) => size >= capacity)) return 'tag';
  if (embed.size >= embed.capacity) return 'embed';
  if (decode.size >= decode.capacity) return 'decode';
  if (decode.size > 0) return 'none';
  if (levels.isShortOfMemory) return 'memory';
  if (rows <= requests) return causeOfFewRows(levels);
  if (!isFull) return 'hosts';
  return hanging.requests >= LEAST_SHARE * requests ? 'held' : 'width';
}

/** No row waits for a request: what keeps those that are in flight, or brings no others. */
function causeOfFewRows({ requests, rows, hanging, reading }: StageLevels): Cause {
  if (reading === 'awaited') return 'reading';
  if (rows === 0) return 'none';
  if (reading === 'ended' || hanging.requests >= LEAST_SHARE * requests) return 'answers';
  return 'shards';
}
