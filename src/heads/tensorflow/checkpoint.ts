import { quote } from '../../base/quote.ts';
import { BYTES_PER_VALUE, readPacked } from '../../weights/number-types.ts';
import { countValues } from '../../weights/stored-tensor.ts';
import { LIMITS } from '../limits.ts';
import type { Tensor } from '../tensor.ts';
import { readLevelTable } from './level-table.ts';
import { fieldsOf, lastField, payloadsOf, readVarint, textOf } from './protobuf.ts';
import { DATA_TYPE, readShape, WEIGHT_TYPES } from './tensor-proto.ts';

const OBJECT_GRAPH_KEY = '_CHECKPOINTABLE_OBJECT_GRAPH';
/** Between the lengths of a tensor of texts and the texts themselves lies a checksum of the lengths. */
const LENGTHS_CHECKSUM_BYTES = 4;

/** BundleEntryProto of tensorflow/core/protobuf/tensor_bundle.proto. */
interface Entry {
  readonly type: number;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly bytes: number;
}

/**
 * The variables of a SavedModel: variables.index says where each tensor lies in variables.data. The graph calls variables by
 * their full names, the checkpoint by their paths in the tree of objects; which is which stands in the checkpoint too.
 */
export class Checkpoint {
  readonly #entries: ReadonlyMap<string, Buffer>;
  readonly #data: Buffer;
  /** Checkpoint keys by full names; '' for a name that several variables have. */
  readonly #keys: ReadonlyMap<string, string>;

  /**
   * @param data variables.data, of one file
   * @throws RangeError where the index is damaged, or its data lie in several files or are not little-endian
   */
  constructor(index: Buffer, data: Buffer) {
    this.#entries = readLevelTable(index);
    this.#data = data;
    checkHeader(this.#entries.get(''));
    this.#keys = readVariableKeys(this.#scalarText(OBJECT_GRAPH_KEY));
  }

  /** A variable of floats. @throws RangeError where there is no such variable, or it does not fit its data */
  variable(fullName: string): Tensor {
    const key = this.#keys.get(fullName);
    if (key === '') throw new RangeError(`several of its variables are called ${quote(fullName)}`);
    if (key === undefined) throw new RangeError(`its checkpoint has no variable ${quote(fullName)}`);
    const { type, shape, offset, bytes } = this.#entry(key);
    const weightType = WEIGHT_TYPES[type];
    if (!weightType)
      throw new RangeError(`its variable ${quote(fullName)} has the type ${type}, which is no float`);
    const count = countValues(shape, LIMITS.values);
    if (bytes !== count * BYTES_PER_VALUE[weightType])
      throw new RangeError(`its variable ${quote(fullName)} has another size than its shape`);
    const content = this.#data.subarray(offset, offset + bytes);
    return { shape, data: readPacked(content, weightType, new Float64Array(count)) };
  }

  #entry(key: string): Entry {
    const bytes = this.#entries.get(key);
    if (!bytes) throw new RangeError(`its variables.index has no entry ${quote(key)}`);
    const entry = { type: 0, shape: [] as readonly number[], shard: 0, offset: 0, bytes: 0 };
    for (const { number, varint, bytes: payload } of fieldsOf(bytes)) {
      if (number === 1) entry.type = varint;
      if (number === 2) entry.shape = readShape(payload);
      if (number === 3) entry.shard = varint;
      if (number === 4) entry.offset = varint;
      if (number === 5) entry.bytes = varint;
      if (number === 7) throw new RangeError(`its variable ${quote(key)} is saved in slices`);
    }
    const { offset, bytes: length } = entry;
    if (entry.shard !== 0 || offset < 0 || length < 0 || offset + length > this.#data.length)
      throw new RangeError(`its variable ${quote(key)} reaches beyond variables.data`);
    return entry;
  }

  /** A tensor of texts: their lengths as varints, a checksum, then the texts. */
  #scalarText(key: string): Buffer {
    const { type, shape, offset, bytes } = this.#entry(key);
    const content = this.#data.subarray(offset, offset + bytes);
    const length = readVarint(content, 0);
    const start = length.end + LENGTHS_CHECKSUM_BYTES;
    if (type !== DATA_TYPE.string || shape.length > 0 || start + length.value !== content.length)
      throw new RangeError(`its entry ${quote(key)} is no text`);
    return content.subarray(start);
  }
}

/** BundleHeaderProto: num_shards 1, endianness 2 (LITTLE 0). */
function checkHeader(header: Buffer | undefined): void {
  if (!header) throw new RangeError('its variables.index has no header');
  if (lastField(header, 1)?.varint !== 1) throw new RangeError('its variables lie in several files');
  if ((lastField(header, 2)?.varint ?? 0) !== 0) throw new RangeError('its variables are not little-endian');
}

/** TrackableObjectGraph: nodes 1 { attributes 2 { full_name 2, checkpoint_key 3 } }. */
function readVariableKeys(graph: Buffer): Map<string, string> {
  const keys = new Map<string, string>();
  for (const node of payloadsOf(graph, 1)) {
    for (const attribute of payloadsOf(node, 2)) {
      const fullName = textOf(attribute, 2);
      if (fullName === '') continue;
      keys.set(fullName, keys.has(fullName) ? '' : textOf(attribute, 3));
      if (keys.size > LIMITS.checkpointEntries)
        throw new RangeError(`its checkpoint names more than ${LIMITS.checkpointEntries} variables`);
    }
  }
  return keys;
}
