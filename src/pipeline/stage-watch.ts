/** How full the stages are at one moment. */
export interface StageLevels {
  /** Requests in flight, and how many may be. */
  readonly requests: number;
  readonly width: number;
  /** Rows that the downloader has. */
  readonly rows: number;
  readonly decode: { readonly size: number; readonly capacity: number };
  readonly embed: { readonly size: number; readonly capacity: number };
  /** Of the image models that give tags. */
  readonly tags: readonly { readonly size: number; readonly capacity: number }[];
  readonly held: HeldBytes;
}

/** Bytes that rows hold on their way. */
export interface HeldBytes {
  /** Of images that are on their way, or wait to be decoded, or are. */
  readonly images: number;
  /** Of decoded crops that wait to be embedded, or are. */
  readonly crops: number;
  /** Of embeddings, for whose shards rows are still under way; room is made for all rows of a shard at once. */
  readonly embeddings: number;
}

type Cause = 'embed' | 'tag' | 'decode' | 'width' | 'hosts' | 'rows' | 'none';

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
    'decoder and encoder waited for images, and rows for their hosts. --per-host and --hosts set what a host is asked for at once',
  rows: 'decoder and encoder waited for images, and no row waited for a request: shards are smaller than what is in flight, or read slowly (--number-sample-per-shard)',
};

/** Looks at the stages now and then, and says in the end which one the others waited for, and what rows held in memory. */
export class StageWatch {
  readonly #counts = new Map<Cause, number>();
  readonly #sums: Record<keyof HeldBytes, number> = { images: 0, crops: 0, embeddings: 0 };
  readonly #mosts: Record<keyof HeldBytes, number> = { images: 0, crops: 0, embeddings: 0 };
  #looks = 0;

  look(levels: StageLevels): void {
    const cause = causeOf(levels);
    this.#looks++;
    this.#counts.set(cause, (this.#counts.get(cause) ?? 0) + 1);
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
    return `For ${share} % of the time ${SENTENCES[cause]}. ${this.#describeHeld()}`;
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

function causeOf({ requests, width, rows, decode, embed, tags }: StageLevels): Cause {
  if (tags.some(({ size, capacity }) => size >= capacity)) return 'tag';
  if (embed.size >= embed.capacity) return 'embed';
  if (decode.size >= decode.capacity) return 'decode';
  if (decode.size > 0) return 'none';
  if (requests >= width) return 'width';
  return rows > requests ? 'hosts' : 'rows';
}
