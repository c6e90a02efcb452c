import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { GraphBuilder } from '../../src/models/onnx/graph-builder.ts';
import { ElementType } from '../../src/models/onnx/model-summary.ts';

/** Side of the crops of the small models. */
export const SMALL_SIZE = 8;

/** A temporary folder that goes when the test ends. */
export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-embed-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A sound manifest for a small model. */
export function smallManifest(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'small',
    description: 'a model of a test',
    input_size: SMALL_SIZE,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    dimension: 3,
    transform: 'clip',
    ...changes,
  };
}

/** What a small model may have unusual. */
export interface OddModel {
  readonly opset?: number;
  readonly irVersion?: number;
  readonly inputType?: number;
  readonly inputShape?: (number | string)[];
  /** Builds the nodes between the input and the tensor `embedding`, [batch, 3]. */
  readonly build?: (graph: GraphBuilder, input: string) => void;
  readonly outputShape?: (number | string)[];
}

/** The mean of each colour over the image. */
export function channelMeans(graph: GraphBuilder, input: string, output = 'embedding'): void {
  const pooled = graph.node('GlobalAveragePool', [input]);
  graph.node('Flatten', [pooled], { axis: { int: 1 } }, output);
}

/** Writes a small model and its manifest; gives the model's path. */
export async function writeOddModel(
  folder: string,
  { opset = 13, irVersion = 7, inputType, inputShape, build = channelMeans, outputShape }: OddModel = {},
  manifest: Record<string, unknown> = {},
): Promise<string> {
  const graph = new GraphBuilder('small');
  const shape = inputShape ?? ['n', 3, SMALL_SIZE, SMALL_SIZE];
  build(graph, graph.input('image', inputType ?? ElementType.float32, shape));
  graph.output('embedding', ElementType.float32, outputShape ?? [shape[0]!, 3]);
  const path = join(folder, 'model.onnx');
  await writeFile(path, Buffer.concat(graph.toModel({ opset, irVersion, description: 'small' })));
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(smallManifest(manifest)));
  return path;
}

/** Crops of seeded noise. */
export function noiseCrops(count: number, size: number, seed = 1): Uint8Array[] {
  let state = seed;
  return Array.from({ length: count }, () =>
    Uint8Array.from({ length: size * size * 3 }, () => {
      // Numerical Recipes' linear congruential generator; the high byte is random enough.
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    }),
  );
}

/** Flags for a run in which encoder and scores play no part: an encoder that costs next to nothing, and no head. */
export async function tinyEncoderFlags(folder: string): Promise<readonly string[]> {
  const encoder = join(folder, 'encoder');
  await mkdir(encoder);
  return ['--clip-model', await writeOddModel(encoder), '--aesthetic-head', 'none'];
}
