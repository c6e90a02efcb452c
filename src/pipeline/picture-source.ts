import type { Picture } from '../pictures/picture.ts';
import type { SampleFailure } from '../samples/reasons.ts';
import type { RunPlan } from '../shards/plan.ts';
import { ImageColumnReader } from '../tables/pictures/column-reader.ts';
import { PlacedReader } from '../tables/pictures/placed-reader.ts';
import type { ResourceConfig } from './config.ts';
import type { Row } from './model-stage.ts';
import type { RowImage, RowSource, SourceTools } from './row-source.ts';

/** Reads the images of rows from files, here or elsewhere. */
interface RowReader {
  /** What does so, and what it holds. */
  readonly load: Pick<PlacedReader, 'heldBytes' | 'readsInFlight' | 'width'>;
  /** Every outcome is a value, but that a place elsewhere cannot be read at all. @param onStart called when the row's turn has come */
  read(row: Row, onStart: () => void): Promise<Picture | SampleFailure>;
  close(): Promise<void>;
}

/** Where the images of a plan lie, and what bounds their reading. */
export interface PictureSourceOptions {
  readonly plan: RunPlan;
  readonly maxBytes: number;
  readonly resources: Pick<ResourceConfig, 'maxBytesInFlight' | 'memoryLimitMb'>;
  /** Where DuckDB may spill. */
  readonly temporaryFolder: string;
}

/** The images that lie in files, here or elsewhere. */
export class PictureSource implements RowSource {
  readonly #reader: RowReader;
  readonly #tools: SourceTools;

  constructor(options: PictureSourceOptions, tools: SourceTools) {
    this.#reader = options.plan.columns.image === undefined ? fileReader(options) : columnReader(options);
    this.#tools = tools;
  }

  get heldBytes(): number {
    return this.#reader.load.heldBytes;
  }

  get requestsInFlight(): number {
    return this.#reader.load.readsInFlight;
  }

  get width(): number {
    return this.#reader.load.width;
  }

  get isFull(): boolean {
    return this.requestsInFlight >= this.width;
  }

  /** A file's size is known before it is read: what waits for memory is not in flight. */
  get isShortOfMemory(): boolean {
    return false;
  }

  waitingHosts(): ReturnType<RowSource['waitingHosts']> {
    return [];
  }

  hangingRequests(): ReturnType<RowSource['hangingRequests']> {
    return { requests: 0, hosts: [] };
  }

  async fetch(row: Row): Promise<RowImage | undefined> {
    const { times } = row.work;
    let startedMs = 0;
    const outcome = await this.#reader.read(row, () => {
      startedMs = performance.now();
    });
    if (startedMs > 0) times.downloadMs += performance.now() - startedMs;
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

  close(): Promise<void> {
    return this.#reader.close();
  }
}

function fileReader({ maxBytes, resources }: PictureSourceOptions): RowReader {
  const { maxBytesInFlight } = resources;
  const reader = new PlacedReader({ maxBytes, maxBytesInFlight });
  return {
    load: reader,
    read: ({ work, index }, onStart) => reader.read(work.shard.pictures!.at(index), onStart),
    close: async () => reader.close(),
  };
}

function columnReader({ plan, maxBytes, resources, temporaryFolder }: PictureSourceOptions): RowReader {
  const { maxBytesInFlight, memoryLimitMb } = resources;
  const reader = new ImageColumnReader({ memoryLimitMb, temporaryFolder }, { maxBytes, maxBytesInFlight });
  return {
    load: reader,
    read: ({ work, index }, onStart) => {
      const { inputIndex, firstRow } = work.shard.spec;
      const { readPath, imageColumn } = plan.inputs[inputIndex]!;
      return reader.read({ file: readPath, column: imageColumn!, row: firstRow + index }, onStart);
    },
    close: () => reader.close(),
  };
}
