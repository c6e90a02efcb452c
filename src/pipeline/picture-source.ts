import { PictureReader, type PictureReaderOptions } from '../pictures/picture-reader.ts';
import type { Row } from './model-stage.ts';
import type { RowImage, RowSource, SourceTools } from './row-source.ts';

/** The images that lie in files of this machine. */
export class PictureSource implements RowSource {
  readonly #reader: PictureReader;
  readonly #tools: SourceTools;

  constructor(options: PictureReaderOptions, tools: SourceTools) {
    this.#reader = new PictureReader(options);
    this.#tools = tools;
  }

  get heldBytes(): number {
    return this.#reader.heldBytes;
  }

  get requestsInFlight(): number {
    return this.#reader.readsInFlight;
  }

  get width(): number {
    return this.#reader.width;
  }

  get isFull(): boolean {
    return this.#reader.readsInFlight >= this.#reader.width;
  }

  waitingHosts(): ReturnType<RowSource['waitingHosts']> {
    return [];
  }

  hangingRequests(): ReturnType<RowSource['hangingRequests']> {
    return { requests: 0, hosts: [] };
  }

  async fetch(row: Row): Promise<RowImage | undefined> {
    const { work, index } = row;
    let startedMs = 0;
    const outcome = await this.#reader.read(work.shard.pictures!.at(index), () => {
      startedMs = performance.now();
    });
    if (startedMs > 0) work.times.downloadMs += performance.now() - startedMs;
    if (outcome.kind === 'read') return outcome;
    this.#tools.fail(row, outcome);
    return undefined;
  }

  idle(): void {
    // Nothing is kept back.
  }

  finish(): void {
    // There is nothing to tell of files.
  }

  async close(): Promise<void> {
    // Every read gives back its file itself.
  }
}
