/** Bytes that are read in place. */
export interface ByteSource {
  readonly sizeBytes: number;
  /**
   * A part of them, to be read only: of what is in memory it is a view.
   *
   * @throws RangeError where they end before it does
   */
  read(start: number, bytes: number): Buffer;
  /** Fills `target` from `start` on. @throws RangeError where they end before it is full */
  readInto(target: Uint8Array, start: number): void;
}

/** Bytes in memory. */
export function bytesInMemory(content: Buffer): ByteSource {
  const read = (start: number, bytes: number): Buffer => {
    if (start < 0 || start + bytes > content.length) throw cut();
    return content.subarray(start, start + bytes);
  };
  return {
    sizeBytes: content.length,
    read,
    readInto: (target, start) => target.set(read(start, target.length)),
  };
}

function cut(): RangeError {
  return new RangeError('it ends before what it says it holds');
}
