/** A tensor that is written to a file. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
}

/** https://huggingface.co/docs/safetensors: length of the header (uint64), header (JSON), values, little-endian. */
export function safetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  let end = 0;
  const entries = tensors.map(({ name, shape, values }) => {
    const start = end;
    end += values.byteLength;
    const dtype = values instanceof Float64Array ? 'F64' : 'F32';
    return [name, { dtype, shape, data_offsets: [start, end] }];
  });
  const text = JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) });
  // Values begin at a multiple of eight bytes; names may have characters of several.
  const bytes = Buffer.byteLength(text);
  const header = Buffer.from(text + ' '.repeat(8 * Math.ceil(bytes / 8) - bytes));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const parts = tensors.map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  return Buffer.concat([length, header, ...parts]);
}
