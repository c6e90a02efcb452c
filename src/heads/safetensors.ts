import { quote } from './errors.ts';
import { LIMITS } from './limits.ts';
import { BYTES_PER_VALUE, countValues, readPacked, type Tensor, type WeightType } from './tensor.ts';

/** The tensors of a safetensors file by name, and its `__metadata__`. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
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
 * Reads a safetensors file: u64 length, JSON header, packed little-endian values
 * (https://github.com/huggingface/safetensors#format).
 *
 * @throws RangeError where the file is cut or its header does not fit its bytes
 */
export function readSafetensors(file: Buffer): SafetensorsFile {
  const { header, data } = splitFile(file);
  const { __metadata__: metadata, ...entries } = header;
  const tensors = new Map<string, Tensor>();
  let valueCount = 0;
  for (const [name, entry] of Object.entries(entries)) {
    const tensor = readEntry(name, entry, data);
    valueCount += tensor.data.length;
    if (valueCount > LIMITS.values)
      throw new RangeError(`its tensors have more than ${LIMITS.values} values`);
    tensors.set(name, tensor);
  }
  return { tensors, metadata: readMetadata(metadata) };
}

function splitFile(file: Buffer): { header: Readonly<Record<string, unknown>>; data: Buffer } {
  const headerBytes =
    file.length >= LENGTH_BYTES ? Number(file.readBigUInt64LE(0)) : Number.POSITIVE_INFINITY;
  if (headerBytes > LIMITS.safetensorsHeaderBytes || LENGTH_BYTES + headerBytes > file.length) {
    throw new RangeError('it is no safetensors file, or its header is cut');
  }
  const header: unknown = JSON.parse(file.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + headerBytes));
  if (!isObject(header)) throw new RangeError('its safetensors header is no JSON object');
  return { header, data: file.subarray(LENGTH_BYTES + headerBytes) };
}

function readEntry(name: string, entry: unknown, data: Buffer): Tensor {
  if (!isObject(entry) || !Array.isArray(entry['shape']) || !Array.isArray(entry['data_offsets'])) {
    throw new RangeError(`its tensor ${quote(name)} has no shape or data_offsets`);
  }
  const type = Object.hasOwn(TYPES, String(entry['dtype'])) ? TYPES[String(entry['dtype'])] : undefined;
  if (!type)
    throw new RangeError(
      `its tensor ${quote(name)} has the type ${quote(String(entry['dtype']))}, not floats`,
    );
  const shape = entry['shape'] as number[];
  const count = countValues(shape);
  const [start, end] = entry['data_offsets'] as unknown[];
  if (
    !isOffset(start) ||
    !isOffset(end) ||
    end - start !== count * BYTES_PER_VALUE[type] ||
    end > data.length
  ) {
    throw new RangeError(`its tensor ${quote(name)} does not fit the bytes of the file`);
  }
  return { shape, data: readPacked(data.subarray(start, end), type, count) };
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

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
