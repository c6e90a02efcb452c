import { isPartOfKind } from '../../base/output-kinds.ts';
import { SLICE_FILE } from '../../base/slices/slice-record.ts';
import {
  JOURNAL,
  refuseReplacing,
  type Unfinished,
  unfinishedBy,
  unfinishedError,
} from '../../storage/output-journal.ts';
import type { Storage, StoredObject } from '../../storage/storage.ts';
import type { OwnOutput } from './own-output.ts';

/** Folders that `subset --cut` and `--bucket` make within their output. */
const PART_OF_SUBSET = /\/(aesthetic|bucket)_[^/]*\/$/;

/** Folders of a run whose files belong together, shard by shard. */
const PART_OF_RUN = /\/(tags|metadata|img_emb)\/$/;

/** The outputs of commands that a listing off this machine meets. */
export class StoredOutputs {
  readonly #prefix: string;
  readonly #own: string | undefined;
  readonly #slices = new Set<string>();
  readonly #unfinished: Unfinished[] = [];

  /** @param prefix what is listed: a URL that ends with `/` */
  constructor(prefix: string, output: OwnOutput | undefined) {
    this.#prefix = prefix;
    const own = output?.url === undefined ? undefined : `${output.url}/`;
    // An input that is named within the output is refused for that by whoever writes there.
    this.#own = own !== undefined && prefix.startsWith(own) ? undefined : own;
  }

  /** Looks at an object of the listing. */
  take(url: string): void {
    if (url.endsWith(`/${SLICE_FILE}`)) this.#slices.add(url.slice(0, -SLICE_FILE.length));
    const unfinished = unfinishedBy(url);
    if (unfinished) this.#unfinished.push(unfinished);
  }

  /** Whether it is in what the command itself writes. */
  isOwn(url: string): boolean {
    return this.#own !== undefined && url.startsWith(this.#own);
  }

  isInSlice(url: string): boolean {
    const folder = url.slice(0, url.lastIndexOf('/') + 1);
    return this.#slices.has(folder) && isPartOfKind('a slice', url.slice(folder.length));
  }

  /** Files in an output that is partly old and partly new are no input. @throws BowerbirdError BB_OUTPUT_UNFINISHED; StorageError */
  async refuseUnfinished(storage: Storage, seen: readonly StoredObject[]): Promise<void> {
    const around = this.#prefix.replace(/[^/]+\/$/, '');
    if (PART_OF_RUN.test(this.#prefix)) await refuseReplacing(storage, around);
    if (PART_OF_SUBSET.test(this.#prefix) && (await storage.stat(`${around}${JOURNAL}`)))
      throw unfinishedError(around);
    const unfinished = this.#unfinished.find(({ folder }) =>
      seen.some(({ url }) => url.startsWith(folder) && !this.isOwn(url)),
    );
    if (unfinished) throw unfinished.error;
  }
}
