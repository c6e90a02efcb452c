import test, { type ExecutionContext } from 'ava';
import { checkEncoder, type EncoderCheck } from '../../src/embed/check-encoder.ts';
import type { GraphBuilder } from '../../src/models/onnx/graph-builder.ts';
import { ElementType } from '../../src/models/onnx/model-summary.ts';
import { resolveEncoder } from '../../src/models/registry.ts';
import { channelMeans, temporaryFolder, writeOddModel } from '../helpers/odd-models.ts';

type Build = (graph: GraphBuilder, input: string) => void;

async function checkOf(
  t: ExecutionContext,
  build: Build,
  batchSizes: readonly number[],
): Promise<EncoderCheck> {
  const files = await resolveEncoder(await writeOddModel(await temporaryFolder(t), { build }));
  return checkEncoder(files, { device: 'cpu', threads: 1, batchSizes });
}

function scalar(graph: GraphBuilder, value: number): string {
  const content = new Uint8Array(Float32Array.of(value).buffer);
  return graph.initializer({ elementType: ElementType.float32, dimensions: [1], content });
}

test('a sound encoder is told by its dimension and by its speed in batches of each size', async (t) => {
  const { batches, problem, dimension, greatestCosine } = await checkOf(t, channelMeans, [1, 3]);
  t.deepEqual(
    batches.map(({ batchSize, batchInvariant }) => [batchSize, batchInvariant]),
    [
      [1, true],
      [3, true],
    ],
  );
  t.true(batches.every(({ imagesPerSecond }) => imagesPerSecond > 0));
  t.is(problem, undefined);
  t.is(dimension, 3);
  t.true(greatestCosine < 0.9999, `${greatestCosine}`);
});

test('an encoder that does not look at its pictures, and one that makes nothing of them, are found out', async (t) => {
  const times =
    (factor: number, addend: number): Build =>
    (graph, input) => {
      channelMeans(graph, input, 'means');
      const scaled = graph.node('Mul', ['means', scalar(graph, factor)]);
      graph.node('Add', [scaled, scalar(graph, addend)], {}, 'embedding');
    };
  t.true((await checkOf(t, times(0, 1), [2])).greatestCosine > 0.999_999);
  t.regex((await checkOf(t, times(0, 0), [2])).problem ?? '', /no direction/);
});
