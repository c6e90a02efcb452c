import {
  type Convolution,
  type ConvolutionPass,
  convolutionGradients,
  convolve,
  inputGradient,
} from './graph/convolution.ts';
import type { OperationGraph } from './graph/operations.ts';
import { type Pool, type PoolPass, pool, poolGradient } from './graph/pool.ts';
import { LEAK, layerSizes, type NetworkShape } from './shape.ts';

/** What a network in a graph is built for. */
export interface NetworkPassOptions {
  readonly shape: NetworkShape;
  readonly batch: number;
  /** Dropout's mask: [batch, features]. */
  readonly kept: string;
}

/** The network in a graph, whose parameters are inputs of their names: forward, then backward over what forward has left. */
export class NetworkPass {
  readonly #graph: OperationGraph;
  readonly #options: NetworkPassOptions;
  readonly #passes: ConvolutionPass[] = [];
  /** What goes into each dense layer. */
  readonly #rows: string[] = [];
  #pooled: PoolPass | undefined;

  constructor(graph: OperationGraph, options: NetworkPassOptions) {
    this.#graph = graph;
    this.#options = options;
  }

  /** @param pictures [batch, side, side, 3] @returns [batch, 1] */
  forward(pictures: string): string {
    const graph = this.#graph;
    const { shape, batch, kept } = this.#options;
    let picture = pictures;
    for (const [i, layer] of this.#convolutions().entries()) {
      if (i > 0) picture = graph.leakyRelu(picture, LEAK);
      const operands = { picture, weight: `convolution${i}.weight`, bias: `convolution${i}.bias` };
      this.#passes.push(convolve(graph, layer, operands));
      picture = this.#passes[i]!.output;
    }
    this.#pooled = pool(graph, this.#pool(), picture);
    const planes = graph.transpose(graph.leakyRelu(this.#pooled.output, LEAK), [0, 3, 1, 2]);
    let rows = graph.multiply(graph.reshape(planes, [batch, layerSizes(shape).features]), kept);
    for (let i = 0; i <= shape.hidden.length; i++) {
      if (i > 0) rows = graph.leakyRelu(rows, LEAK);
      this.#rows.push(rows);
      rows = graph.node('Gemm', [rows, `dense${i}.weight`, `dense${i}.bias`], { transB: { int: 1 } });
    }
    return rows;
  }

  /** The gradient of each parameter by its name. @param delta of what forward gave */
  backward(delta: string): ReadonlyMap<string, string> {
    const graph = this.#graph;
    const { shape, batch, kept } = this.#options;
    const { pooledPx, channels } = layerSizes(shape);
    const found = new Map<string, string>();
    let passed = delta;
    for (const [i, rows] of [...this.#rows.entries()].reverse()) {
      found.set(`dense${i}.weight`, graph.node('Gemm', [passed, rows], { transA: { int: 1 } }));
      found.set(`dense${i}.bias`, graph.sumRows(passed));
      const back = graph.node('Gemm', [passed, `dense${i}.weight`]);
      passed = graph.multiply(back, i > 0 ? graph.slope(rows, LEAK) : kept);
    }
    const planes = graph.reshape(passed, [batch, channels.at(-1)!, pooledPx, pooledPx]);
    const slope = graph.slope(this.#pooled!.output, LEAK);
    const pooled = graph.multiply(graph.transpose(planes, [0, 2, 3, 1]), slope);
    passed = poolGradient(graph, this.#pool(), this.#pooled!, pooled);
    for (const [i, layer] of [...this.#convolutions().entries()].reverse()) {
      const { weight, bias } = convolutionGradients(graph, layer, this.#passes[i]!, passed);
      found.set(`convolution${i}.weight`, weight);
      found.set(`convolution${i}.bias`, bias);
      if (i === 0) break;
      const back = inputGradient(graph, layer, `convolution${i}.weight`, passed);
      passed = graph.multiply(back, graph.slope(this.#passes[i - 1]!.output, LEAK));
    }
    return found;
  }

  #convolutions(): Convolution[] {
    const { shape, batch } = this.#options;
    const { sidesPx, channels } = layerSizes(shape);
    return shape.convolutions.map(({ kernelPx, channels: outputs }, i) => ({
      ...{ batch, kernelPx, outputs, sidePx: sidesPx[i]!, inputs: channels[i]! },
    }));
  }

  #pool(): Pool {
    const { sidesPx, channels } = layerSizes(this.#options.shape);
    return { batch: this.#options.batch, sidePx: sidesPx.at(-1)!, channels: channels.at(-1)! };
  }
}
