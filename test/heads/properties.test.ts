import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { BowerbirdError } from '../../src/base/errors.ts';
import { collapseLayers, type Layer } from '../../src/heads/layers.ts';
import { loadHead } from '../../src/heads/load.ts';
import { linearScorer, networkScorer } from '../../src/heads/scoring.ts';
import { floats, writeCheckpoint, writeStateDict } from './pth-writer.ts';
import { FIXTURES, filesIn, jsonHead, writeSafetensors } from './setup.ts';

const RUNS = 400;
const value = fc.double({ min: -2, max: 2, noNaN: true });

/** Stacks of up to five layers that end in one value. */
const stacks = fc
  .array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })
  .chain((sizes) =>
    fc.tuple(
      ...[...sizes.entries()].map(([i, inputs]) => {
        const outputs = sizes[i + 1] ?? 1;
        return fc.record({
          inputs: fc.constant(inputs),
          outputs: fc.constant(outputs),
          weights: fc.array(value, { minLength: inputs * outputs, maxLength: inputs * outputs }),
          bias: fc.array(value, { minLength: outputs, maxLength: outputs }),
          activation: fc.constantFrom('none', 'relu'),
        });
      }),
    ),
  )
  .map((layers) =>
    layers.map(
      (layer): Layer => ({
        ...layer,
        activation: layer.activation as Layer['activation'],
        weights: Float64Array.from(layer.weights),
        bias: Float64Array.from(layer.bias),
      }),
    ),
  );

const withRows = stacks.chain((layers) =>
  fc.integer({ min: 1, max: 11 }).chain((count) => {
    const length = count * layers[0]!.inputs;
    return fc.array(value, { minLength: length, maxLength: length }).map((values) => ({
      layers,
      count,
      embeddings: Float32Array.from(values),
    }));
  }),
);

/** The textbook's way, one row at a time. */
function scoreOneByOne(layers: readonly Layer[], embedding: Iterable<number>): number {
  let values = [...embedding];
  for (const { inputs, outputs, weights, bias, activation } of layers) {
    values = Array.from({ length: outputs }, (_, o) => {
      const sum = values.reduce((total, item, i) => total + item * weights[o * inputs + i]!, 0) + bias[o]!;
      return activation === 'relu' ? Math.max(sum, 0) : sum;
    });
  }
  return values[0]!;
}

/** Values of up to 18^5 are summed in two orders, and may cancel each other. */
const isClose = (a: number, b: number): boolean =>
  Math.abs(a - b) <= 1e-8 * Math.max(1, Math.abs(a), Math.abs(b));

test('a network gives each row what the textbook gives', (t) => {
  fc.assert(
    fc.property(withRows, ({ layers, count, embeddings }) => {
      const { inputs } = layers[0]!;
      const { scores } = networkScorer({ layers, output: 'none', columns: undefined }).score(
        embeddings,
        count,
      );
      return scores.every((score, row) =>
        isClose(score, scoreOneByOne(layers, embeddings.subarray(row * inputs, (row + 1) * inputs))),
      );
    }),
  );
  t.pass();
});

test('a stack that is collapsed gives what its layers give one after the other', (t) => {
  fc.assert(
    fc.property(withRows, ({ layers, count, embeddings }) => {
      const linearLayers = layers.map((layer) => ({ ...layer, activation: 'none' as const }));
      const collapsed = linearScorer(collapseLayers(linearLayers)!).score(embeddings, count).scores;
      const network = networkScorer({ layers: linearLayers, output: 'none', columns: undefined });
      const oneByOne = network.score(embeddings, count).scores;
      return collapsed.every((score, row) => isClose(score, oneByOne[row]!));
    }),
  );
  t.pass();
});

test('a stack with an activation is never collapsed', (t) => {
  fc.assert(
    fc.property(stacks, (layers) => {
      const hasRelu = layers.some(({ activation }) => activation === 'relu');
      return (collapseLayers(layers) === undefined) === hasRelu;
    }),
  );
  t.pass();
});

test('a row has the same score to the last bit whatever is scored with it', (t) => {
  fc.assert(
    fc.property(withRows, ({ layers, count, embeddings }) => {
      const { inputs } = layers[0]!;
      const weights = layers[0]!.weights.subarray(0, inputs);
      return [
        networkScorer({ layers, output: 'sigmoid', columns: undefined }),
        linearScorer({ weights, bias: 1 }),
      ].every((scorer) => {
        const together = scorer.score(embeddings, count).scores;
        return together.every((each, row) => {
          const alone = scorer.score(embeddings.subarray(row * inputs, (row + 1) * inputs), 1);
          return Object.is(each, alone.scores[0]);
        });
      });
    }),
  );
  t.pass();
});

const seeds: Readonly<Record<string, Buffer>> = {
  'seed.pth': writeStateDict({
    weight: { shape: [1, 3], values: [1, 2, 3] },
    bias: { shape: [1], values: [4] },
  }),
  'torch.pth': readFileSync(join(FIXTURES, 'linear.pth')),
  'seed.safetensors': writeSafetensors(
    { weight: { dtype: 'F32', shape: [1, 2], bytes: floats([1, 2]) } },
    { format: 'bowerbird-head', version: '1', unit_norm: 'true' },
  ),
  'seed.json': Buffer.from(jsonHead([1, 2, 3], 4, { activation: 'none', encoder: { name: 'x' } })),
  'seed.npy': readFileSync(join(FIXTURES, 'vector.npy')),
};

/** Bytes overwritten, a piece cut out, a piece doubled. */
function mutate(
  seed: Buffer,
  edits: readonly (readonly [kind: number, place: number, byte: number])[],
): Buffer {
  let bytes = Buffer.from(seed);
  for (const [kind, place, byte] of edits) {
    const at = Math.floor(place * bytes.length);
    if (kind === 0 && at < bytes.length) bytes[at] = byte;
    if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + byte)]);
    if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at + byte), bytes.subarray(at)]);
  }
  return bytes;
}

const edits = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 2 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
  ),
  { minLength: 1, maxLength: 6 },
);

for (const [name, seed] of Object.entries(seeds)) {
  test(`whatever happens to the bytes of ${name}, it is loaded or refused with one of our codes`, async (t) => {
    const folder = await filesIn(t, {});
    const path = join(folder, name);
    await writeFile(join(folder, 'seed.bias.npy'), readFileSync(join(FIXTURES, 'vector.bias.npy')));
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(edits, async (changes) => {
        await writeFile(path, mutate(seed, changes));
        try {
          const head = await loadHead(path, { tag: 'aesthetic' });
          return head.dimension > 0 && Number.isFinite(head.score(new Float32Array(head.dimension), 1)[0]);
        } catch (thrown) {
          refusals++;
          return thrown instanceof BowerbirdError && thrown.code.startsWith('BB_HEAD_');
        }
      }),
      { numRuns: RUNS },
    );
    t.true(refusals > 0);
  });
}

test('whatever the opcodes of a pickle are, it is refused with one of our codes', async (t) => {
  const opcode = fc.constantFrom(...Buffer.from('cqh(t)}suXJKMQRb.\x80\x85\x86\x87\x89', 'latin1'));
  const folder = await filesIn(t, {});
  const path = join(folder, 'random.pth');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(opcode, fc.constantFrom(0, 1, 10)), { maxLength: 40 }),
      async (codes) => {
        await writeFile(path, writeCheckpoint(Buffer.from([0x80, 2, ...codes]), [floats([1])]));
        const error = await t.throwsAsync(loadHead(path, { tag: 'aesthetic' }), {
          instanceOf: BowerbirdError,
        });
        return error.code === 'BB_HEAD_REFUSED';
      },
    ),
    { numRuns: RUNS },
  );
});
