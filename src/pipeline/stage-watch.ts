/** How full the stages are at one moment. */
export interface StageLevels {
  /** Requests in flight, and how many may be. */
  readonly requests: number;
  readonly width: number;
  /** Rows that the downloader has. */
  readonly rows: number;
  /** Bytes of images that are on their way or wait to be decoded. */
  readonly imageBytes: number;
  readonly decode: { readonly size: number; readonly capacity: number };
  readonly embed: { readonly size: number; readonly capacity: number };
}

type Cause = 'embed' | 'decode' | 'width' | 'hosts' | 'rows' | 'none';

/** Of shorter runs there is nothing to say. */
const LEAST_LOOKS = 10;
/** What is behind for less of the time is not worth a word. */
const LEAST_SHARE = 0.5;

const SENTENCES: Readonly<Record<Exclude<Cause, 'none'>, string>> = {
  embed:
    'the encoder was behind: crops waited for it. --device sets where it runs, --encoder-threads with how much',
  decode: 'the decoder was behind: images waited for it. --processes-count sets how many processes it has',
  width:
    'the decoder waited for images, with all requests in flight that were allowed. --thread-count sets how many',
  hosts:
    'the decoder waited for images, and rows for their hosts. --per-host and --hosts set what a host is asked for at once',
  rows: 'the decoder waited for images, and no row waited for a request: shards are smaller than what is in flight, or read slowly (--number-sample-per-shard)',
};

/** Looks at the stages now and then, and says in the end which one the others waited for. */
export class StageWatch {
  readonly #counts = new Map<Cause, number>();
  #looks = 0;
  #mostImageBytes = 0;

  look(levels: StageLevels): void {
    const cause = causeOf(levels);
    this.#looks++;
    this.#counts.set(cause, (this.#counts.get(cause) ?? 0) + 1);
    this.#mostImageBytes = Math.max(this.#mostImageBytes, levels.imageBytes);
  }

  /** One sentence; undefined where the run was short, or no stage was behind for half of it. */
  describe(): string | undefined {
    const [cause, count] = [...this.#counts].reduce((a, b) => (b[1] > a[1] ? b : a), ['none', 0]);
    if (this.#looks < LEAST_LOOKS || cause === 'none' || count < LEAST_SHARE * this.#looks) return undefined;
    const share = Math.round((100 * count) / this.#looks);
    const megabytes = Math.ceil(this.#mostImageBytes / 1024 / 1024);
    return `For ${share} % of the time ${SENTENCES[cause]}. Images in memory: at most ${megabytes} MiB.`;
  }
}

function causeOf({ requests, width, rows, decode, embed }: StageLevels): Cause {
  if (embed.size >= embed.capacity) return 'embed';
  if (decode.size >= decode.capacity) return 'decode';
  if (decode.size > 0) return 'none';
  if (requests >= width) return 'width';
  return rows > requests ? 'hosts' : 'rows';
}
