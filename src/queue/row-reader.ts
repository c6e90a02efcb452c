import { closeSync, openSync, readSync } from 'node:fs';
import { messageOf } from '../base/errors.ts';
import { fromFloat16Bits } from '../base/float16.ts';
import type { RescoreInput } from '../rescore/plan.ts';
import { TableError } from '../tables/errors.ts';

/** Puts a row at a place, brought to length 1; gives its length, 0 where it has none. */
export function putUnit(values: Float32Array, target: Float32Array, at: number): number {
  let squares = 0;
  for (let j = 0; j < values.length; j++) squares += values[j]! * values[j]!;
  const length = Number.isFinite(squares) ? Math.sqrt(squares) : 0;
  for (let j = 0; j < values.length; j++) target[at + j] = length > 0 ? values[j]! / length : 0;
  return length;
}

/** Reads single rows of a file. */
export class RowReader {
  readonly #file: number;
  readonly #input: RescoreInput;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(path: string, input: RescoreInput) {
    const { type, dimension } = input.layout;
    this.#input = input;
    this.#bytes = new Uint8Array(dimension * (type === 'float16' ? 2 : 4));
    this.#file = openSync(path, 'r');
  }

  /** float32(dimension); gone with the next. @throws TableError BB_SHARD_READ */
  read(row: number): Float32Array {
    const { embeddings, layout } = this.#input;
    const { buffer, length } = this.#bytes;
    try {
      const read = readSync(this.#file, this.#bytes, 0, length, layout.dataOffset + row * length);
      if (read !== length) throw new RangeError('it has become shorter');
    } catch (thrown) {
      throw new TableError('BB_SHARD_READ', `Reading ${embeddings} failed: ${messageOf(thrown)}.`, {
        cause: thrown,
        fields: { path: embeddings },
      });
    }
    return layout.type === 'float16' ? fromFloat16Bits(new Uint16Array(buffer)) : new Float32Array(buffer);
  }

  close(): void {
    closeSync(this.#file);
  }
}
