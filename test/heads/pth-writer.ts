import { crc32 } from 'node:zlib';

/** One file of an archive; what is given beside name and content is a lie told in the central directory. */
export interface ZipPart {
  readonly name: string;
  readonly content: Buffer;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  readonly bytes?: number;
  readonly storedBytes?: number;
  readonly localOffset?: number;
}

/** A stored zip with empty sizes in its local headers, as torch writes it. `count` is what its end claims. */
export function writeZip(parts: readonly ZipPart[], count: number = parts.length): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const part of parts) {
    const name = Buffer.from(part.name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    directory.push(centralHeader(part, name, offset));
    bodies.push(local, name, part.content);
    offset += 30 + name.length + part.content.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, central, end]);
}

function centralHeader(part: ZipPart, name: Buffer, offset: number): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(part.flags ?? 0x0808, 8);
  header.writeUInt16LE(part.method ?? 0, 10);
  header.writeUInt32LE(part.crc ?? crc32(part.content), 16);
  header.writeUInt32LE(part.storedBytes ?? part.content.length, 20);
  header.writeUInt32LE(part.bytes ?? part.content.length, 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt32LE(part.localOffset ?? offset, 42);
  return Buffer.concat([header, name]);
}

/** Opcodes and arguments of a pickle, in the notation of Python's pickletools. */
export const pickle = {
  proto: (version = 2): Buffer => Buffer.from([0x80, version]),
  global: (module: string, name: string): Buffer => Buffer.from(`c${module}\n${name}\n`),
  mark: Buffer.from('('),
  tuple: Buffer.from('t'),
  emptyTuple: Buffer.from(')'),
  emptyDict: Buffer.from('}'),
  reduce: Buffer.from('R'),
  persistentId: Buffer.from('Q'),
  setItem: Buffer.from('s'),
  setItems: Buffer.from('u'),
  build: Buffer.from('b'),
  newFalse: Buffer.from([0x89]),
  newTrue: Buffer.from([0x88]),
  none: Buffer.from('N'),
  emptyList: Buffer.from(']'),
  append: Buffer.from('a'),
  appends: Buffer.from('e'),
  stop: Buffer.from('.'),
  put: (index: number): Buffer => Buffer.from([0x71, index]),
  get: (index: number): Buffer => Buffer.from([0x68, index]),
  text(value: string): Buffer {
    const bytes = Buffer.from(value);
    const head = Buffer.from([0x58, 0, 0, 0, 0]);
    head.writeUInt32LE(bytes.length, 1);
    return Buffer.concat([head, bytes]);
  },
  float(value: number): Buffer {
    const bytes = Buffer.alloc(9, 'G');
    bytes.writeDoubleBE(value, 1);
    return bytes;
  },
  long: (...bytes: readonly number[]): Buffer => Buffer.from([0x8a, bytes.length, ...bytes]),
  int(value: number): Buffer {
    const bytes = Buffer.from([0x4a, 0, 0, 0, 0]);
    bytes.writeInt32LE(value, 1);
    return bytes;
  },
};

/** A tensor as a state dict refers to it. */
export interface TensorReference {
  readonly name: string;
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
  readonly storage?: string;
  readonly storageType?: string;
  readonly valueCount: number;
}

const ints = (values: readonly number[]): Buffer =>
  Buffer.concat([pickle.mark, ...values.map(pickle.int), pickle.tuple]);

/** Row-major strides. */
function packed(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
}

/** The opcodes that put one tensor on the stack. */
export function tensorPickle(tensor: TensorReference, storage: string): Buffer {
  return Buffer.concat([
    pickle.global('torch._utils', '_rebuild_tensor_v2'),
    pickle.mark,
    pickle.mark,
    pickle.text('storage'),
    pickle.global('torch', tensor.storageType ?? 'FloatStorage'),
    pickle.text(storage),
    pickle.text('cpu'),
    pickle.int(tensor.valueCount),
    pickle.tuple,
    pickle.persistentId,
    pickle.int(tensor.offset ?? 0),
    ints(tensor.shape),
    ints(tensor.strides ?? packed(tensor.shape)),
    pickle.newFalse,
    pickle.global('collections', 'OrderedDict'),
    pickle.emptyTuple,
    pickle.reduce,
    pickle.tuple,
    pickle.reduce,
  ]);
}

/** The pickle of a state dict. */
export function stateDictPickle(tensors: readonly TensorReference[]): Buffer {
  return Buffer.concat([
    pickle.proto(),
    pickle.global('collections', 'OrderedDict'),
    pickle.emptyTuple,
    pickle.reduce,
    pickle.mark,
    ...tensors.flatMap((tensor, i) => [
      pickle.text(tensor.name),
      tensorPickle(tensor, tensor.storage ?? String(i)),
    ]),
    pickle.setItems,
    pickle.stop,
  ]);
}

/** A .pth of any pickle over any storages. */
export function writeCheckpoint(
  data: Buffer,
  storages: readonly Buffer[],
  extra: readonly ZipPart[] = [],
): Buffer {
  return writeZip([
    { name: 'archive/data.pkl', content: data },
    ...storages.map((content, i) => ({ name: `archive/data/${i}`, content })),
    ...extra,
  ]);
}

/** Little-endian float32. */
export function floats(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeFloatLE(value, 4 * i);
  return bytes;
}

/** A .pth of float32 matrices and vectors. */
export function writeStateDict(
  tensors: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>
  >,
): Buffer {
  const entries = Object.entries(tensors);
  return writeCheckpoint(
    stateDictPickle(entries.map(([name, { shape, values }]) => ({ name, shape, valueCount: values.length }))),
    entries.map(([, { values }]) => floats(values)),
  );
}
