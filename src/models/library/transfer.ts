import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { BowerbirdError, messageOf } from '../../base/errors.ts';
import { requirePlainFile } from '../../base/plain-file.ts';
import { type FileAnswer, type FileClient, FileTransferError } from '../../download/file-client.ts';
import { passesOf } from '../../samples/reasons.ts';
import { judgeAnswer } from './arrival.ts';
import type { ModelFile } from './entry.ts';
import {
  type Asked,
  digestError,
  emptyError,
  fetchError,
  type Statement,
  sizeError,
  statusError,
  transferFailure,
} from './fetch-errors.ts';
import { type Origins, type Place, placeOf } from './origins.ts';
import { PartialFile } from './partial-file.ts';
import { type FetchedFile, originOf } from './record.ts';

/** How far a file has come. */
export interface TransferProgress {
  readonly file: string;
  readonly receivedBytes: number;
  /** undefined where nobody has said. */
  readonly totalBytes: number | undefined;
}

/** What files are fetched with. */
export interface TransferTools {
  readonly client: FileClient;
  readonly origins: Origins;
  readonly signal?: AbortSignal | undefined;
  /** Called with each piece. */
  readonly onProgress: (progress: TransferProgress) => void;
  /** Waits; rejects with the signal's reason. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Tries in a row that bring nothing new before a fetch is given up. */
const VAIN_TRIES = 5;

/** Before a try after one that brought something; doubled for each one in a row that did not. */
const FIRST_PAUSE_MS = 1000;

/** What a host may ask for by Retry-After; a person is waiting. */
const LONGEST_PAUSE_MS = 60_000;

/** Where a file goes to. */
export interface Destination {
  readonly path: string;
  /** Digests that are stated of the file. */
  readonly known: readonly Statement<string>[];
  /** Called with what has come and was checked, before it gets its name. */
  readonly onChecked: (fetched: FetchedFile) => Promise<void>;
}

/**
 * Fetches a file to its place, going on from what an earlier try has left, and checks its digest.
 *
 * @throws BowerbirdError BB_MODEL_FETCH, BB_MODEL_DIGEST, BB_MODEL_CACHE, BB_DISK_FULL; the signal's reason
 */
export async function transferFile(
  file: ModelFile,
  { path, known, onChecked }: Destination,
  tools: TransferTools,
): Promise<void> {
  const part = await PartialFile.open(path, originOf(file));
  try {
    const transfer = new Transfer(file, part, tools);
    const sha256 = await transfer.run(known);
    await onChecked({ file: file.name, from: originOf(file), size_bytes: part.sizeBytes, sha256 });
    await part.commit();
  } catch (thrown) {
    // What cannot be brought to the disk now is fetched again.
    await part.keep().catch(() => undefined);
    throw thrown;
  } finally {
    await part.close();
  }
}

/** One file on its way. */
class Transfer {
  readonly #file: ModelFile;
  readonly #part: PartialFile;
  readonly #tools: TransferTools;
  readonly #place: Place;
  #sendsToken = false;
  /** The sha256 that the hub says of the file, where it does. */
  #linked: Statement<string> | undefined;

  constructor(file: ModelFile, part: PartialFile, tools: TransferTools) {
    this.#file = file;
    this.#part = part;
    this.#tools = tools;
    this.#place = placeOf(file, tools.origins);
  }

  /** Brings all of it, checked; gives its sha256 in hex. */
  async run(known: readonly Statement<string>[]): Promise<string> {
    for (;;) {
      const wasBegun = this.#part.sizeBytes > 0;
      await (this.#place.kind === 'file' ? this.#copy(this.#place.path) : this.#download());
      const { sizeBytes } = this.#part;
      if (this.#file.sizeBytes !== undefined && sizeBytes !== this.#file.sizeBytes)
        throw sizeError(this.#asked, sizeBytes, this.#file.sizeBytes);
      const sha256 = await this.#part.digest();
      const stated = [...known, ...(this.#linked ? [this.#linked] : [])];
      const broken = stated.find(({ value }) => value !== sha256);
      if (!broken) return sha256;
      await this.#part.restart(undefined);
      // What an earlier process left may have been damaged: only what came in one go is held against the host.
      if (!wasBegun) throw digestError(this.#asked, sha256, broken);
    }
  }

  get #asked(): Asked {
    const url = this.#place.kind === 'file' ? this.#place.path : this.#place.url;
    return {
      file: this.#file,
      url,
      sentToken: this.#sendsToken,
      isMirror: this.#tools.origins.mirror !== undefined,
      keptBytes: this.#part.keptBytes,
    };
  }

  async #copy(path: string): Promise<void> {
    await this.#part.restart(undefined);
    try {
      requirePlainFile(path);
      const { size } = await stat(path);
      for await (const piece of createReadStream(path)) await this.#take(piece as Buffer, size);
    } catch (thrown) {
      if (thrown instanceof BowerbirdError || this.#tools.signal?.aborted) throw thrown;
      throw fetchError(this.#asked, {
        what: messageOf(thrown),
        advice:
          'The mirror of BOWERBIRD_MODEL_MIRROR has no such file (docs/models.md says how its files lie)',
        cause: thrown,
      });
    }
  }

  /** Asks until all of it is there. Tries that bring something new are not counted. */
  async #download(): Promise<void> {
    let most = this.#part.sizeBytes;
    for (let vain = 0; ; ) {
      const outcome = await this.#try(vain >= VAIN_TRIES - 1);
      if (outcome === 'whole') return;
      vain = this.#part.sizeBytes > most ? 0 : vain + 1;
      most = Math.max(most, this.#part.sizeBytes);
      const pauseMs = outcome.afterMs ?? FIRST_PAUSE_MS * 2 ** vain;
      await this.#tools.sleep(Math.min(pauseMs, LONGEST_PAUSE_MS), this.#tools.signal);
    }
  }

  async #try(isLastTry: boolean): Promise<'whole' | { readonly afterMs: number | undefined }> {
    try {
      return await this.#exchange(isLastTry);
    } catch (thrown) {
      if (!(thrown instanceof FileTransferError)) throw thrown;
      await this.#part.sync();
      if (isLastTry || passesOf(thrown.failure.reason) !== 'soon') throw transferFailure(thrown, this.#asked);
      return { afterMs: undefined };
    }
  }

  /** @throws FileTransferError, BowerbirdError */
  async #exchange(isLastTry: boolean): Promise<'whole' | { readonly afterMs: number | undefined }> {
    const answer = await this.#ask();
    try {
      const arrival = await judgeAnswer(answer, this.#part, this.#asked, isLastTry);
      if (arrival.kind === 'whole') return 'whole';
      if (arrival.kind === 'later') return { afterMs: arrival.afterMs };
      if (arrival.kind === 'body') return await this.#receive(answer, arrival.totalBytes, isLastTry);
      await this.#part.restart(undefined);
      if (!isLastTry) return { afterMs: 0 };
      throw fetchError(this.#asked, {
        what: 'the host answers with other parts of the file than those that are asked for',
        advice: 'Give the path of a copy, or name another place in BOWERBIRD_MODEL_MIRROR',
      });
    } finally {
      answer.drop();
    }
  }

  async #receive(
    answer: FileAnswer,
    totalBytes: number | undefined,
    isLastTry: boolean,
  ): Promise<'whole' | { readonly afterMs: undefined }> {
    const expectedBytes = totalBytes ?? this.#file.sizeBytes;
    for await (const piece of answer.pieces()) await this.#take(piece, expectedBytes);
    if (this.#part.sizeBytes > 0 && this.#part.sizeBytes >= (expectedBytes ?? 0)) return 'whole';
    await this.#part.sync();
    if (!isLastTry) return { afterMs: undefined };
    if (this.#part.sizeBytes === 0) throw emptyError(this.#asked);
    throw fetchError(this.#asked, {
      what: `only ${this.#part.sizeBytes} of ${expectedBytes ?? 'its'} bytes arrived`,
      advice: 'Run the same command again, or give the path of a copy',
    });
  }

  async #take(piece: Buffer, expectedBytes: number | undefined): Promise<void> {
    this.#tools.signal?.throwIfAborted();
    const sizeBytes = this.#part.sizeBytes + piece.length;
    if (expectedBytes !== undefined && sizeBytes > expectedBytes)
      throw sizeError(this.#asked, sizeBytes, expectedBytes);
    await this.#part.append(piece);
    this.#tools.onProgress({ file: this.#file.name, receivedBytes: sizeBytes, totalBytes: expectedBytes });
  }

  /** A token is shown only to the hub, and only where that gives nothing without one. */
  async #ask(): Promise<FileAnswer> {
    const answer = await this.#request();
    const { hubToken } = this.#tools.origins;
    const isRefused = answer.status === 401 || answer.status === 403;
    if (!isRefused || this.#place.kind !== 'url' || !this.#place.isHub || !hubToken) return answer;
    answer.drop();
    if (this.#sendsToken) throw statusError(answer.status, this.#asked);
    this.#sendsToken = true;
    return this.#request();
  }

  async #request(): Promise<FileAnswer> {
    const { client, origins, signal } = this.#tools;
    const { sizeBytes, validator } = this.#part;
    const goesOn = sizeBytes > 0 && validator !== undefined;
    const answer = await client.get(
      {
        url: this.#asked.url,
        ...(goesOn && { headers: { range: `bytes=${sizeBytes}-`, 'if-range': validator } }),
        ...(this.#sendsToken && {
          authorization: { origin: origins.hubOrigin, value: `Bearer ${origins.hubToken}` },
        }),
      },
      signal,
    );
    this.#linked = linkedDigest(answer, origins);
    return answer;
  }
}

/** The hub says the sha256 of large files while it redirects to where they lie. */
function linkedDigest(answer: FileAnswer, { hubOrigin }: Origins): Statement<string> | undefined {
  const said = answer.saidBefore('x-linked-etag');
  const [, sha256] = (said?.origin === hubOrigin && /^"?([0-9a-f]{64})"?$/.exec(said.value)) || [];
  return sha256 === undefined ? undefined : { by: 'the hub', value: sha256 };
}
