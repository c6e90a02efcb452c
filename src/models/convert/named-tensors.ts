import { quote } from '../../base/quote.ts';
import { WeightsError, weightsRefused } from '../../weights/errors.ts';
import { BYTES_PER_VALUE } from '../../weights/number-types.ts';
import { countValues, type StoredTensor } from '../../weights/stored-tensor.ts';
import { underUsualNames } from './usual-names.ts';

/** What training in parallel puts before every name. */
const WRAPPER_PREFIX = 'module.';

/** The tensors of a model by name, and which of them a graph has taken: what is left over is no part of what was drawn. */
export class NamedTensors {
  readonly path: string;
  readonly #tensors: ReadonlyMap<string, StoredTensor>;
  readonly #taken = new Set<string>();

  constructor(path: string, tensors: ReadonlyMap<string, StoredTensor>) {
    this.path = path;
    const isWrapped = [...tensors.keys()].every((name) => name.startsWith(WRAPPER_PREFIX));
    const unwrapped = isWrapped
      ? new Map([...tensors].map(([name, tensor]) => [name.slice(WRAPPER_PREFIX.length), tensor]))
      : tensors;
    this.#tensors = underUsualNames(unwrapped);
  }

  get names(): string[] {
    return [...this.#tensors.keys()];
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /**
   * The shape of a tensor that a family must have.
   *
   * @param axes how many sides it must have
   * @throws WeightsError BB_WEIGHTS_REFUSED
   */
  shapeOf(name: string, axes: number): readonly number[] {
    const { shape } = this.#find(name);
    if (shape.length === axes && shape.every((side) => side > 0)) return shape;
    throw weightsRefused(this.path, `its tensor ${quote(name)} is ${told(shape)}; ${axes} sides are needed`);
  }

  /**
   * A tensor for the graph.
   *
   * @throws WeightsError BB_WEIGHTS_REFUSED where it is missing, of another shape, or of another type than float
   */
  take(name: string, shape: readonly number[]): StoredTensor {
    const tensor = this.#find(name);
    if (tensor.shape.length !== shape.length || tensor.shape.some((side, axis) => side !== shape[axis]))
      throw weightsRefused(
        this.path,
        `its tensor ${quote(name)} is ${told(tensor.shape)}, where the others ask for ${told(shape)}`,
      );
    if (!tensor.type)
      throw weightsRefused(
        this.path,
        `its tensor ${quote(name)} has the type ${quote(tensor.typeName)}, not floats`,
      );
    // A view may name a value many times: none that is needed does, and a huge one would fill the memory.
    if (countValues(shape, Number.MAX_SAFE_INTEGER) * BYTES_PER_VALUE[tensor.type] > tensor.blockBytes)
      throw weightsRefused(this.path, `its tensor ${quote(name)} asks for more values than it has`);
    this.#taken.add(name);
    return tensor;
  }

  /** How many blocks there are whose names start with `stem` and a number, from 0 on. @throws WeightsError where there is none */
  countBlocks(stem: string): number {
    const numbers = this.names
      .filter((name) => name.startsWith(stem))
      .map((name) => Number(/^\d+/.exec(name.slice(stem.length))?.[0] ?? Number.NaN));
    const distinct = new Set(numbers.filter((number) => !Number.isNaN(number)));
    if (distinct.size > 0 && Math.max(...distinct) === distinct.size - 1) return distinct.size;
    throw weightsRefused(this.path, `its blocks ${quote(`${stem}N`)} are not numbered from 0 without gaps`);
  }

  /**
   * Refuses a model that has more than was drawn: another one under known names, whose rows would be wrong.
   *
   * @param isIgnored tells the tensors that say nothing about an image: text towers, counters, masks of the training
   * @throws WeightsError BB_WEIGHTS_UNKNOWN
   */
  refuseLeftOver(family: string, isIgnored: (name: string) => boolean): void {
    const left = this.names.filter((name) => !this.#taken.has(name) && !isIgnored(name));
    if (left.length === 0) return;
    throw new WeightsError(
      'BB_WEIGHTS_UNKNOWN',
      `The weights ${this.path} look like ${family}, but have ${left.length} tensors that it does not have, such as ` +
        `${quote(left[0]!)}: they are another model, which is not converted. Export it to ONNX instead (docs/encoders.md).`,
      { fields: { path: this.path, family, tensor: left[0]! } },
    );
  }

  #find(name: string): StoredTensor {
    const tensor = this.#tensors.get(name);
    if (!tensor) throw weightsRefused(this.path, `its tensor ${quote(name)} is missing`);
    return tensor;
  }
}

function told(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}
