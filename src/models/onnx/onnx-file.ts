import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { requirePlainFile } from '../../base/plain-file.ts';

/** One field of a protobuf message in a file: where it lies, and its value where that is a number. */
export interface FileField {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wireType: number;
  /** Offset of the field's tag. */
  readonly start: number;
  /** Offset of its payload. */
  readonly bodyStart: number;
  /** Offset behind its payload. */
  readonly end: number;
  /** The number of a varint field (as int64); 0 for the other wire types. */
  readonly value: number;
}

const WINDOW_BYTES = 1 << 16;
const MAX_VARINT_BYTES = 10;

/**
 * A protobuf file read field by field, in place: weights are stepped over, so that a model of a gigabyte
 * costs a few hundred small reads. The wire format is that of https://protobuf.dev/programming-guides/encoding.
 */
export class OnnxFile {
  readonly #descriptor: number;
  readonly #window: Buffer = Buffer.allocUnsafe(WINDOW_BYTES);
  #windowStart = 0;
  #windowEnd = 0;
  readonly sizeBytes: number;

  /** @throws Error where it is no regular file; the file system's error */
  constructor(path: string) {
    requirePlainFile(path);
    this.#descriptor = openSync(path, 'r');
    this.sizeBytes = fstatSync(this.#descriptor).size;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /**
   * The fields of the message in `within`, or of the whole file.
   *
   * @throws Error where the bytes are no protobuf message
   */
  *fields(within?: FileField): Generator<FileField> {
    const end = within ? within.end : this.sizeBytes;
    let start = within ? within.bodyStart : 0;
    while (start < end) {
      const field = this.#field(start, end);
      yield field;
      start = field.end;
    }
  }

  /** The payload of a field. */
  bytes(field: FileField): Buffer {
    const bytes = Buffer.allocUnsafe(field.end - field.bodyStart);
    this.readInto(bytes, field.bodyStart);
    return bytes;
  }

  /** The payload of a string field. */
  text(field: FileField): string {
    return this.bytes(field).toString('utf8');
  }

  /** Fills `target` with the file's bytes from `position` on. */
  readInto(target: Uint8Array, position: number): void {
    let filled = 0;
    while (filled < target.length) {
      const count = readSync(this.#descriptor, target, filled, target.length - filled, position + filled);
      if (count === 0) throw new Error('the file ends in the middle of a field');
      filled += count;
    }
  }

  #field(start: number, end: number): FileField {
    const tag = this.#varint(start, end);
    const number = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    const bodyStart = tag.end;
    if (number < 1) throw new Error(`byte ${start} starts no protobuf field`);
    if (wireType === 0) {
      const { value, end: bodyEnd } = this.#varint(bodyStart, end);
      return { number, wireType, start, bodyStart, end: bodyEnd, value };
    }
    const body = this.#body(wireType, bodyStart, end);
    if (body.end > end) throw new Error(`the field at byte ${start} is longer than what holds it`);
    return { number, wireType, start, bodyStart: body.start, end: body.end, value: 0 };
  }

  #body(wireType: number, start: number, end: number): { start: number; end: number } {
    if (wireType === 1) return { start, end: start + 8 };
    if (wireType === 5) return { start, end: start + 4 };
    if (wireType !== 2) throw new Error(`byte ${start} has the unknown wire type ${wireType}`);
    const length = this.#varint(start, end);
    if (length.value < 0) throw new Error(`the field at byte ${start} has a negative length`);
    return { start: length.end, end: length.end + length.value };
  }

  #varint(start: number, end: number): { value: number; end: number } {
    let value = 0n;
    for (let i = 0; i < MAX_VARINT_BYTES && start + i < end; i++) {
      const byte = this.#byte(start + i);
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return { value: Number(BigInt.asIntN(64, value)), end: start + i + 1 };
    }
    throw new Error(`byte ${start} starts no varint`);
  }

  #byte(position: number): number {
    if (position < this.#windowStart || position >= this.#windowEnd) {
      const count = readSync(this.#descriptor, this.#window, 0, WINDOW_BYTES, position);
      if (count === 0) throw new Error('the file ends in the middle of a field');
      this.#windowStart = position;
      this.#windowEnd = position + count;
    }
    return this.#window[position - this.#windowStart]!;
  }
}
