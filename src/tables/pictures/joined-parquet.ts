import { type FileHandle, open } from 'node:fs/promises';
import {
  asyncBufferFromFile,
  type ColumnMetaData,
  type FileMetaData,
  parquetMetadataAsync,
  type RowGroup,
} from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { fileSystem, type OpenFile } from '../../base/file-system.ts';

const MAGIC = Buffer.from('PAR1');
/** The footer's length and the magic word. */
const TRAILER_BYTES = 8;
const COPY_BYTES = 1024 * 1024;

/**
 * One Parquet file of the row groups of several that have the same columns: their bytes as they are, one after the other, and a footer
 * with the places that they have now. So a file is written with a bounded part of it in memory.
 */
export class JoinedParquet {
  readonly #file: OpenFile;
  #offset = MAGIC.length;
  #metadata: FileMetaData | undefined;

  private constructor(file: OpenFile) {
    this.#file = file;
  }

  /** Begins a new file. @throws errors of the file system */
  static async open(path: string): Promise<JoinedParquet> {
    const joined = new JoinedParquet(await fileSystem().open(path, 'wx'));
    try {
      await joined.#file.writeFile(MAGIC);
      return joined;
    } catch (thrown) {
      await joined.close();
      throw thrown;
    }
  }

  /** Adds all row groups of a file. */
  async add(path: string): Promise<void> {
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(path));
    const handle = await open(path);
    try {
      const { size } = await handle.stat();
      const end = size - TRAILER_BYTES - metadata.metadata_length;
      const shift = BigInt(this.#offset - MAGIC.length);
      await this.#copy(handle, MAGIC.length, end);
      const groups = metadata.row_groups.map((group) => shifted(group, shift));
      this.#metadata = this.#metadata
        ? {
            ...this.#metadata,
            num_rows: this.#metadata.num_rows + metadata.num_rows,
            row_groups: [...this.#metadata.row_groups, ...groups],
          }
        : { ...metadata, row_groups: groups };
    } finally {
      await handle.close();
    }
  }

  /** Writes the footer; that of the first file stays, but for its row groups. */
  async finish(): Promise<void> {
    const footer = new ByteWriter();
    writeMetadata(footer, this.#metadata!);
    await this.#file.writeFile(Buffer.concat([new Uint8Array(footer.getBuffer()), MAGIC]));
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #copy(from: FileHandle, start: number, end: number): Promise<void> {
    const buffer = Buffer.allocUnsafe(COPY_BYTES);
    for (let at = start; at < end; ) {
      const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, end - at), at);
      if (bytesRead === 0) throw new Error('a part was cut short while it was in use');
      await this.#file.writeFile(buffer.subarray(0, bytesRead));
      at += bytesRead;
      this.#offset += bytesRead;
    }
  }
}

/** The same row group, with all places in its file moved. */
function shifted(group: RowGroup, by: bigint): RowGroup {
  return {
    ...group,
    ...(group.file_offset !== undefined && { file_offset: group.file_offset + by }),
    columns: group.columns.map((column) => ({
      ...column,
      file_offset: column.file_offset === 0n ? 0n : column.file_offset + by,
      ...(column.meta_data && { meta_data: shiftedColumn(column.meta_data, by) }),
    })),
  };
}

/**
 * A column's part of the same, without its least and greatest value: they were read as values of JavaScript, which cut microseconds off,
 * and a reader that trusts them would pass over rows that it was asked for.
 */
function shiftedColumn({ statistics, ...column }: ColumnMetaData, by: bigint): ColumnMetaData {
  const moved = (offset: bigint | undefined): bigint | undefined =>
    offset === undefined ? undefined : offset + by;
  return {
    ...column,
    data_page_offset: column.data_page_offset + by,
    dictionary_page_offset: moved(column.dictionary_page_offset),
    index_page_offset: moved(column.index_page_offset),
    bloom_filter_offset: moved(column.bloom_filter_offset),
  } as ColumnMetaData;
}
