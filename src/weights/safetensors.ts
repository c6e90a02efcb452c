import { isObject } from '../base/json-object.ts';
import { quote } from '../base/quote.ts';
import type { ByteSource } from './byte-source.ts';
import { checkHeaderText } from './header-text.ts';
import type { ReaderLimits } from './limits.ts';
import type { WeightType } from './number-types.ts';
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

/** Of a value of each type that safetensors 0.8 knows (its `Dtype::bitsize`). */
const BITS_PER_VALUE: Readonly<Record<string, number>> = {
  ...{ F4: 4, F6_E2M3: 6, F6_E3M2: 6 },
  ...{ BOOL: 8, U8: 8, I8: 8, F8_E4M3: 8, F8_E5M2: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8 },
  ...{ I16: 16, U16: 16, F16: 16, BF16: 16 },
  ...{ I32: 32, U32: 32, F32: 32 },
  ...{ I64: 64, U64: 64, F64: 64, C64: 64 },
};

/**
 * Reads what a safetensors file says it holds: u64 length, JSON header, packed little-endian values
 * (https://github.com/huggingface/safetensors#format). As there, the values of the tensors follow each other to the end of the
 * file, without holes or overlaps. No key may come twice: the library (0.8.0) keeps the last
 * of metadata, where another reader could keep the first.
 * Tensors of other types than floats are listed; they cannot be read.
 *
 * @throws RangeError or SyntaxError where the file is cut or its header does not fit its bytes
 */
export function readSafetensors(source: ByteSource, limits: ReaderLimits): SafetensorsFile {
  const { header, dataStart } = readHeader(source, limits);
  const { __metadata__: metadata, ...entries } = header;
  const tensors = new Map(
    Object.entries(entries).map(([name, entry]) => [name, readEntry(name, entry, { source, dataStart })]),
  );
  checkCover([...tensors.values()], dataStart, source.sizeBytes);
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
  const text = readText(source.read(LENGTH_BYTES, headerBytes));
  const header: unknown = JSON.parse(text);
  if (!isObject(header)) throw new RangeError('its safetensors header is no JSON object');
  checkHeaderText(text);
  return { header, dataStart: LENGTH_BYTES + headerBytes };
}

/** @throws RangeError where it is no UTF-8: two names could become one in what stands for the bytes that are none */
function readText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (thrown) {
    throw new RangeError('its header is no UTF-8', { cause: thrown });
  }
}

/** Bytes that no tensor names, or that two name, could hold anything. */
function checkCover(tensors: readonly StoredTensor[], dataStart: number, fileBytes: number): void {
  const inOrder = tensors.toSorted((a, b) => a.blockStart - b.blockStart || a.blockBytes - b.blockBytes);
  let covered = dataStart;
  for (const { name, blockStart, blockBytes } of inOrder) {
    if (blockStart !== covered) {
      const problem = blockStart < covered ? 'overlaps another one' : 'leaves a hole before it';
      throw new RangeError(`its tensor ${quote(name)} ${problem}`);
    }
    covered += blockBytes;
  }
  if (covered !== fileBytes)
    throw new RangeError(`it has ${fileBytes - covered} bytes after its last tensor`);
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
  if (!Object.hasOwn(BITS_PER_VALUE, typeName)) {
    throw new RangeError(
      `its tensor ${quote(name)} has the type ${quote(typeName)}, which safetensors does not have`,
    );
  }
  const type = Object.hasOwn(TYPES, typeName) ? TYPES[typeName] : undefined;
  const shape = entry['shape'] as number[];
  const count = countValues(shape, Number.MAX_SAFE_INTEGER);
  const [start, end] = entry['data_offsets'] as unknown[];
  if (
    !isOffset(start) ||
    !isOffset(end) ||
    start > end ||
    dataStart + end > source.sizeBytes ||
    8 * (end - start) !== count * BITS_PER_VALUE[typeName]!
  ) {
    throw new RangeError(`its tensor ${quote(name)} does not fit the bytes of the file`);
  }
  const block = { source, blockStart: dataStart + start, blockBytes: end - start };
  return { name, shape, type, typeName, ...block, offset: 0, strides: packedStrides(shape) };
}

function readMetadata(metadata: unknown): Readonly<Record<string, string>> {
  if (metadata === undefined || metadata === null) return {};
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new RangeError('its __metadata__ is not a table of texts');
  }
  return metadata as Record<string, string>;
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
