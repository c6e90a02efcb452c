import { readFileSync } from 'node:fs';

interface Tensor {
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** What each member of an ensemble's file gives for each row, by the words of docs/train.md; (rows x members). */
export function memberScoresOf(path: string, rows: Float32Array): number[][] {
  const file = readFileSync(path);
  const end = 8 + Number(file.readBigUInt64LE(0));
  const { __metadata__: metadata, ...tensors } = JSON.parse(file.toString('utf8', 8, end)) as Record<
    string,
    Tensor
  > & { __metadata__: Record<string, string> };
  const valuesOf = (name: string): Float32Array =>
    new Float32Array(
      new Uint8Array(file.subarray(...tensors[name]!.data_offsets.map((at) => at + end))).buffer,
    );
  const [first, bias, last, base] = [
    'layers.0.weight',
    'layers.0.bias',
    'layers.2.weight',
    'layers.2.bias',
  ].map(valuesOf);
  const members = Number(metadata['ensemble_members']);
  const offsets = metadata['ensemble_offsets']?.split(',').map(Number) ?? Array<number>(members).fill(0);
  const [width, dimension] = tensors['layers.0.weight']!.shape as [number, number];
  const isLinear = metadata['hidden_activation'] === 'none';
  return Array.from({ length: rows.length / dimension }, (_, row) => {
    const own = offsets.map((offset) => base![0]! + offset);
    for (let o = 0; o < width; o++) {
      let sum = bias![o]!;
      for (let j = 0; j < dimension; j++) sum += first![o * dimension + j]! * rows[row * dimension + j]!;
      const value = isLinear ? sum : sum / (1 + Math.exp(-sum));
      own[Math.floor((o * members) / width)]! += members * last![o]! * value;
    }
    return own;
  });
}
