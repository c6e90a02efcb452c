import { quote } from '../base/quote.ts';
import type { WeightType } from './number-types.ts';

/** A name that a pickle may refer to. It stands for itself: nothing is imported and nothing is called. */
export class PickleGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A tuple. Its parts are shared, never copied, so nested ones cost nothing. */
export class PickleTuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

/** A block of numbers in the archive: `data/<key>`. */
export class PickleStorage {
  readonly key: string;
  /** Undefined for what is no float that is read. */
  readonly type: WeightType | undefined;
  /** The name of torch's class. */
  readonly typeName: string;
  readonly valueCount: number;

  constructor(key: string, typeName: string, valueCount: number) {
    this.key = key;
    this.type = STORAGE_TYPES.get(typeName);
    this.typeName = typeName;
    this.valueCount = valueCount;
  }
}

/** A view on a storage; offset and strides count values. */
export class PickleTensor {
  readonly storage: PickleStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: PickleStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** A list, which is filled after it was made. What it holds is nowhere read. */
export class PickleList {
  readonly items: PickleValue[] = [];
}

/** A dict or OrderedDict; the state of an optimizer has numbers as keys. */
export type PickleDict = Map<string | number, PickleValue>;

/** Everything that can lie on the unpickler's stack. */
export type PickleValue =
  | string
  | number
  | boolean
  | null
  | PickleGlobal
  | PickleTuple
  | PickleList
  | PickleStorage
  | PickleTensor
  | PickleDict;

const ORDERED_DICT = 'collections.OrderedDict';
const REBUILD_TENSOR = 'torch._utils._rebuild_tensor_v2';
const REBUILD_PARAMETER = 'torch._utils._rebuild_parameter';
const CALLABLE: readonly string[] = [ORDERED_DICT, REBUILD_TENSOR];

const STORAGE_TYPES: ReadonlyMap<string, WeightType | undefined> = new Map([
  ['torch.HalfStorage', 'float16'],
  ['torch.BFloat16Storage', 'bfloat16'],
  ['torch.FloatStorage', 'float32'],
  ['torch.DoubleStorage', 'float64'],
  // Counters and positions, which no network of ours reads.
  ['torch.LongStorage', undefined],
  ['torch.IntStorage', undefined],
]);

/** Classes of a TorchScript program; their code lies beside the pickle and is not looked at. */
const MODULE_PREFIX = '__torch__.';

/** Whether a name is that of a class of a TorchScript program. */
export function isModuleName(name: string): boolean {
  return name.startsWith(MODULE_PREFIX);
}

/**
 * The names that a state dict needs. Whatever else a pickle names is refused.
 *
 * @param readsData whether what stands beside state dicts may be named as well
 */
export function allowGlobal(name: string, readsData: boolean): PickleGlobal {
  const isAllowed = CALLABLE.includes(name) || (readsData && name === REBUILD_PARAMETER);
  if (!isAllowed && !STORAGE_TYPES.has(name)) {
    throw new RangeError(
      `its pickle names ${quote(name)}, and only tensors in plain dictionaries are read; nothing was executed`,
    );
  }
  return new PickleGlobal(name);
}

/** What a call in the pickle gives: an empty dictionary or a tensor. */
export function reduce(callee: PickleValue, parameters: PickleValue): PickleValue {
  if (!(callee instanceof PickleGlobal) || !(parameters instanceof PickleTuple)) {
    throw new RangeError('its pickle calls something that is no function (opcode REDUCE)');
  }
  if (callee.name === ORDERED_DICT && parameters.items.length === 0) return new Map();
  if (callee.name === REBUILD_TENSOR) return rebuildTensor(parameters.items);
  const [first] = parameters.items;
  // _rebuild_parameter(data, requires_grad, backward_hooks)
  if (callee.name === REBUILD_PARAMETER && first instanceof PickleTensor) return first;
  throw new RangeError(`its pickle calls ${callee.name} in a way that torch.save does not (opcode REDUCE)`);
}

/** A persistent id: ('storage', type, key, location, value count). The location, cpu or cuda, does not matter. */
export function resolveStorage(id: PickleValue): PickleStorage {
  const [kind, type, key, location, valueCount] = id instanceof PickleTuple ? id.items : [];
  if (
    kind !== 'storage' ||
    !(type instanceof PickleGlobal && STORAGE_TYPES.has(type.name)) ||
    typeof key !== 'string' ||
    typeof location !== 'string' ||
    !isCount(valueCount)
  ) {
    throw new RangeError('its pickle has a persistent id that is no storage (opcode BINPERSID)');
  }
  return new PickleStorage(key, type.name, valueCount);
}

/** _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks). */
function rebuildTensor([storage, offset, size, stride]: readonly PickleValue[]): PickleTensor {
  if (!(storage instanceof PickleStorage) || !isCount(offset) || !isCounts(size) || !isCounts(stride)) {
    throw new RangeError(
      'its pickle rebuilds a tensor from something else than a storage, an offset, a size and a stride',
    );
  }
  if (size.items.length !== stride.items.length) {
    throw new RangeError('its pickle has a tensor whose size and stride differ in length');
  }
  return new PickleTensor(storage, offset, size.items, stride.items);
}

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(
  value: PickleValue | undefined,
): value is PickleTuple & { readonly items: readonly number[] } {
  return value instanceof PickleTuple && value.items.every(isCount);
}
