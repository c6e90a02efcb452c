import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { LIMITS } from '../../src/heads/limits.ts';
import { loadHead } from '../../src/heads/load.ts';
import { readNpy } from '../../src/heads/npy-file.ts';
import { readTensors, type Tensor } from '../../src/heads/tensor.ts';
import { bytesInMemory } from '../../src/weights/byte-source.ts';
import { readTorchCheckpoint } from '../../src/weights/torch-checkpoint.ts';
import { filesIn } from '../heads/setup.ts';
import { caseOf } from '../helpers/cases.ts';

/** Its wanted scores were computed by a module in training mode: a fifth of the hidden values was dropped by chance. */
const DROPOUT = 0.2;
const HIDDEN = 32;
const ROWS = 4;

test('24: a list of hidden activations gives the scores of the head that the wanted ones are those of, but for dropout', async (t) => {
  const given = caseOf(t, '24-relu-on-some-layers');
  if (!given) return;
  const file = readFileSync(join(given, 'head.pth'));
  const embeddings = Float32Array.from(
    readNpy(readFileSync(join(given, 'emb', 'img_emb', 'img_emb_0.npy'))).data,
  );
  const want = readNpy(readFileSync(join(given, 'want.npy'))).data;
  const folder = await filesIn(t, {
    'head.pth': file,
    'head.pth.json': JSON.stringify({ hidden_activation: ['relu', 'none'] }),
  });
  const head = await loadHead(join(folder, 'head.pth'), {});
  const scores = head.score(embeddings, want.length);
  const tensors = readTensors(readTorchCheckpoint(bytesInMemory(file), LIMITS));
  for (let row = 0; row < ROWS; row++) {
    const { terms, bias } = shares(tensors, embeddings.subarray(64 * row, 64 * (row + 1)));
    t.true(Math.abs(terms.reduce((sum, term) => sum + term, bias) - scores[row]!) < 1e-6);
    const kept = terms.filter((term) => term !== 0).map((term) => term / (1 - DROPOUT));
    t.true(farFromAnySum(kept, want[row]! - bias) < 1e-7, `row ${row}`);
  }
});

/** What each hidden value adds to the score: ReLU after the first layer, none after the second. */
function shares(
  tensors: ReadonlyMap<string, Tensor>,
  embedding: Float32Array,
): { terms: number[]; bias: number } {
  const of = (name: string): Float64Array => tensors.get(name)!.data;
  const [first, second, third] = [of('layers.0.weight'), of('layers.3.weight'), of('layers.4.weight')];
  const terms = Array.from({ length: HIDDEN }, (_, j) => {
    const value = embedding.reduce((sum, x, i) => sum + first[64 * j + i]! * x, of('layers.0.bias')[j]!);
    const weight = third.reduce((sum, w, k) => sum + w * second[HIDDEN * k + j]!, 0);
    return weight * Math.max(value, 0);
  });
  const bias = of('layers.3.bias').reduce((sum, b, k) => sum + b * third[k]!, of('layers.4.bias')[0]!);
  return { terms, bias };
}

/** How far a number is from the nearest sum of some of the terms. */
function farFromAnySum(terms: readonly number[], wanted: number): number {
  const sums = new Float64Array(2 ** terms.length);
  let nearest = Math.abs(wanted);
  for (let chosen = 1; chosen < sums.length; chosen++) {
    const lowest = chosen & -chosen;
    sums[chosen] = sums[chosen ^ lowest]! + terms[31 - Math.clz32(lowest)]!;
    nearest = Math.min(nearest, Math.abs(sums[chosen]! - wanted));
  }
  return nearest;
}
