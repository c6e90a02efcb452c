import { isObject } from '../base/json-object.ts';
import { quote } from '../base/quote.ts';
import type { ByteSource } from './byte-source.ts';
import type { ReaderLimits } from './limits.ts';
import { BYTES_PER_VALUE, type WeightType } from './number-types.ts';
import { countValues, packedStrides, type StoredTensor } from './stored-tensor.ts';

/** The tensors of a safetensors file by name, and its `__metadata__`. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const LENGTH_BYTES = 8;

const TYPES: Readonly<Record<string, WeightType | undefined>> = {
  F16: 'float16',
  BF16: 'bfloat16',
  F32: 'float32',
  F64: 'float64',
};

/**
 * Reads what a safetensors file says it holds: u64 length, JSON header, packed little-endian values
 * (https://github.com/huggingface/safetensors#format). Tensors of integers are listed; they cannot be read.
 *
 * @throws RangeError or SyntaxError where the file is cut or its header does not fit its bytes
 */
export function readSafetensors(source: ByteSource, limits: ReaderLimits): SafetensorsFile {
  const { header, dataStart } = readHeader(source, limits);
  const { __metadata__: metadata, ...entries } = header;
  const tensors = new Map(
    Object.entries(entries).map(([name, entry]) => [name, readEntry(name, entry, { source, dataStart })]),
  );
  return { tensors, metadata: readMetadata(metadata) };
}

function readHeader(
  source: ByteSource,
  { safetensorsHeaderBytes }: ReaderLimits,
): { header: Readonly<Record<string, unknown>>; dataStart: number } {
  const headerBytes =
    source.sizeBytes >= LENGTH_BYTES
      ? Number(source.read(0, LENGTH_BYTES).readBigUInt64LE(0))
      : Number.POSITIVE_INFINITY;
  if (headerBytes > safetensorsHeaderBytes || LENGTH_BYTES + headerBytes > source.sizeBytes) {
    throw new RangeError('it is no safetensors file, or its header is cut');
  }
  const header: unknown = JSON.parse(source.read(LENGTH_BYTES, headerBytes).toString('utf8'));
  if (!isObject(header)) throw new RangeError('its safetensors header is no JSON object');
  return { header, dataStart: LENGTH_BYTES + headerBytes };
}

function readEntry(
  name: string,
  entry: unknown,
  { source, dataStart }: { readonly source: ByteSource; readonly dataStart: number },
): StoredTensor {
  if (!isObject(entry) || !Array.isArray(entry['shape']) || !Array.isArray(entry['data_offsets'])) {
    throw new RangeError(`its tensor ${quote(name)} has no shape or data_offsets`);
  }
  const typeName = String(entry['dtype']);
  const type = Object.hasOwn(TYPES, typeName) ? TYPES[typeName] : undefined;
  const shape = entry['shape'] as number[];
  const count = countValues(shape, Number.MAX_SAFE_INTEGER);
  const [start, end] = entry['data_offsets'] as unknown[];
  if (
    !isOffset(start) ||
    !isOffset(end) ||
    start > end ||
    dataStart + end > source.sizeBytes ||
    (type && end - start !== count * BYTES_PER_VALUE[type])
  ) {
    throw new RangeError(`its tensor ${quote(name)} does not fit the bytes of the file`);
  }
  const block = { source, blockStart: dataStart + start, blockBytes: end - start };
  return { name, shape, type, typeName, ...block, offset: 0, strides: packedStrides(shape) };
}

function readMetadata(metadata: unknown): Readonly<Record<string, string>> {
  if (metadata === undefined) return {};
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new RangeError('its __metadata__ is not a table of texts');
  }
  return metadata as Record<string, string>;
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
