import type { NamedTensors } from '../named-tensors.ts';
import type { TransformerShape } from '../transformer.ts';
import type { VisionGraph } from '../vision-graph.ts';
import { joined, linear, norm, turned, valuesOf, type Weight } from '../weight.ts';

const STEM = 'vision_model.head.';

/** What the head is made of. */
interface PoolingParts {
  readonly tensors: NamedTensors;
  readonly transformer: TransformerShape;
  /** Draws the head's MLP. */
  readonly mlp: (input: string) => string;
}

/**
 * SigLIP's pooling head: one learned query, the probe, attends to all tokens (`[batch, tokens, width]`), and an MLP follows
 * (SiglipMultiheadAttentionPoolingHead). The probe is the same for all images, so that its projection is a constant.
 */
export function drawPooling(
  graph: VisionGraph,
  tokens: string,
  { tensors, transformer, mlp }: PoolingParts,
): string {
  const { width, heads, epsilon } = transformer;
  const headWidth = width / heads;
  const keyValue = graph.dense(tokens, keyAndValue(tensors, width));
  const parts = graph.reshape(keyValue, [0, 0, 2 * heads, headWidth]);
  const [key, value] = graph.nodeOutputs('Split', [parts], { axis: { int: 2 }, num_outputs: { int: 2 } }, 2);
  const scores = graph.node('MatMul', [
    graph.weight(query(tensors, transformer)),
    graph.transpose(key!, [0, 2, 3, 1]),
  ]);
  const shares = graph.node('Softmax', [scores], { axis: { int: -1 } });
  const mixed = graph.node('MatMul', [shares, graph.transpose(value!, [0, 2, 1, 3])]);
  const pooled = graph.dense(
    graph.reshape(mixed, [0, width]),
    linear(tensors, [`${STEM}attention.out_proj`], [width, width]),
  );
  const normed = graph.norm(pooled, norm(tensors, `${STEM}layernorm`, width), epsilon);
  return graph.node('Add', [pooled, mlp(normed)]);
}

/** The lower two thirds of `in_proj`: the upper one makes the query. */
function keyAndValue(tensors: NamedTensors, width: number): { weight: Weight; bias: Weight } {
  const weight = turned(tensors, [`${STEM}attention.in_proj_weight`], [3 * width, width]);
  const bias = joined(tensors, [`${STEM}attention.in_proj_bias`], 3 * width);
  return {
    weight: {
      shape: [width, 2 * width],
      madeOf: weight.madeOf,
      fill: (values) => {
        const all = new Float32Array(3 * width * width);
        weight.fill(all, (count) => new Float32Array(count));
        for (let row = 0; row < width; row++)
          values.set(all.subarray((3 * row + 1) * width, 3 * (row + 1) * width), 2 * row * width);
      },
    },
    bias: {
      shape: [2 * width],
      madeOf: bias.madeOf,
      fill: (values) => {
        const all = new Float32Array(3 * width);
        bias.fill(all, (count) => new Float32Array(count));
        values.set(all.subarray(width));
      },
    },
  };
}

/** The probe's query, scaled as attention scales it: `[1, heads, 1, headWidth]`. */
function query(tensors: NamedTensors, { width, heads }: TransformerShape): Weight {
  const probe = tensors.take(`${STEM}probe`, [1, 1, width]);
  const matrix = tensors.take(`${STEM}attention.in_proj_weight`, [3 * width, width]);
  const bias = tensors.take(`${STEM}attention.in_proj_bias`, [3 * width]);
  return {
    shape: [1, heads, 1, width / heads],
    madeOf: [probe, matrix, bias].map(({ name }) => name),
    fill: (values) => {
      const [asked, rows, added] = [valuesOf(probe), valuesOf(matrix), valuesOf(bias)];
      for (let o = 0; o < width; o++) {
        let sum = added[o]!;
        for (let i = 0; i < width; i++) sum += rows[o * width + i]! * asked[i]!;
        values[o] = sum * (width / heads) ** -0.5;
      }
    },
  };
}
