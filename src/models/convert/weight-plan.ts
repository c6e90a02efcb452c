import { toFloat16Bits } from '../../base/float16.ts';
import { quote } from '../../base/quote.ts';
import { countValues } from '../../weights/stored-tensor.ts';
import type { TensorData } from '../onnx/messages.ts';
import { ElementType } from '../onnx/model-summary.ts';
import type { Room, Weight } from './weight.ts';

/** The number formats that a model is written in. */
export type Precision = 'float32' | 'float16';

const FORMATS = {
  float32: { elementType: ElementType.float32, bytesEach: 4 },
  float16: { elementType: ElementType.float16, bytesEach: 2 },
} as const;

/** A page of memory: where weights start on one, they can be mapped into memory as they are. */
const ALIGNMENT_BYTES = 4096;

/** A weight and its place in the file of weights. */
interface PlacedWeight {
  readonly weight: Weight;
  readonly start: number;
  readonly bytes: number;
}

/**
 * The weights of a graph in the order of the file that they will lie in. Places are given while the graph is drawn; values
 * are made one weight at a time when the file is written, so that memory holds the largest weight and not the model.
 */
export class WeightPlan {
  readonly elementType: number;
  readonly #fileName: string;
  readonly #precision: Precision;
  readonly #placed: PlacedWeight[] = [];
  #end = 0;

  constructor(fileName: string, precision: Precision) {
    this.#fileName = fileName;
    this.#precision = precision;
    this.elementType = FORMATS[precision].elementType;
  }

  /** How many values all weights have. */
  get valueCount(): number {
    return this.#placed.reduce((sum, { bytes }) => sum + bytes, 0) / FORMATS[this.#precision].bytesEach;
  }

  /** Bytes of the file. */
  get sizeBytes(): number {
    return this.#end;
  }

  /** Gives a weight its place. */
  place(weight: Weight): TensorData {
    const bytes = countValues(weight.shape, Number.MAX_SAFE_INTEGER) * FORMATS[this.#precision].bytesEach;
    const start = Math.ceil(this.#end / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    this.#placed.push({ weight, start, bytes });
    this.#end = start + bytes;
    return {
      elementType: this.elementType,
      dimensions: weight.shape,
      content: { file: this.#fileName, offset: start, length: bytes },
    };
  }

  /**
   * The file, piece by piece, gaps included. A piece is overwritten when the next is asked for.
   *
   * @throws RangeError where the weights are damaged, or hold what float16 cannot
   */
  *pieces(): Generator<Uint8Array> {
    const values = reusedRoom();
    const room = reusedRoom();
    let end = 0;
    for (const { weight, start, bytes } of this.#placed) {
      if (start > end) yield new Uint8Array(start - end);
      end = start + bytes;
      const made = values(countValues(weight.shape, Number.MAX_SAFE_INTEGER));
      weight.fill(made, room);
      yield this.#encode(made, weight);
    }
  }

  #encode(values: Float32Array, weight: Weight): Uint8Array {
    if (this.#precision === 'float32')
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    refuseTooLarge(values, weight);
    return new Uint8Array(toFloat16Bits(values).buffer);
  }
}

/** Room that grows to the largest that was asked for. */
function reusedRoom(): Room {
  let room = new Float32Array(0);
  return (valueCount) => {
    if (valueCount > room.length) room = new Float32Array(valueCount);
    return room.subarray(0, valueCount);
  };
}

const FLOAT16_MAX = 65_504;

function refuseTooLarge(values: Float32Array, { madeOf }: Weight): void {
  const value = values.find((each) => Math.abs(each) > FLOAT16_MAX);
  if (value === undefined) return;
  const source = madeOf.map(quote).join(', ');
  throw new RangeError(
    `the weight ${value} of ${source} is one that float16 cannot hold; write it as float32`,
  );
}
