import { weightsRefused } from '../../weights/errors.ts';
import type { Known } from './family.ts';
import { interpolateGrid } from './interpolate.ts';
import type { VisionGraph } from './vision-graph.ts';
import { copied, valuesOf, type Weight } from './weight.ts';

/** The start of a vision transformer: what its shapes say of it. */
export interface PatchShape {
  readonly width: number;
  readonly patchPx: number;
  /** Side of the grid of position embeddings, in patches. */
  readonly gridSide: number;
  /** Side of the images that are to be taken, in pixels. */
  readonly sizePx: number;
  /** Whether a class token stands before the patches. */
  readonly hasClassToken: boolean;
}

/** The names of the tensors that the start is made of. */
export interface PatchNames {
  /** `[width, 3, patchPx, patchPx]` */
  readonly kernel: string;
  readonly bias?: string;
  /** `[..., tokens, width]`; `positionAxes` says how many sides it has. */
  readonly positions: string;
  readonly positionAxes: number;
  /** Of as many sides as `classAxes` says, the last of them `width`. */
  readonly classToken?: string;
  readonly classAxes?: number;
}

/**
 * Reads the sizes of a vision transformer from the shapes of its patch kernel and its position embeddings.
 *
 * @param sizePx side of the images that are wanted; undefined for those that it was trained with
 * @throws WeightsError BB_WEIGHTS_REFUSED
 */
export function patchShape(
  { tensors, config }: Known,
  names: PatchNames,
  sizePx: number | undefined,
): PatchShape {
  const refuse = (problem: string): Error => weightsRefused(tensors.path, problem);
  const [width, channels, patchPx, patchHeight] = tensors.shapeOf(names.kernel, 4) as [
    number,
    number,
    number,
    number,
  ];
  if (channels !== 3 || patchPx !== patchHeight)
    throw refuse('its patches are not square and of three channels');
  const tokens = tensors.shapeOf(names.positions, names.positionAxes).at(-2)!;
  const hasClassToken = names.classToken !== undefined;
  const gridSide = Math.sqrt(hasClassToken ? tokens - 1 : tokens);
  if (!Number.isInteger(gridSide) || gridSide < 1)
    throw refuse(`its ${tokens} positions are those of no square`);
  if (sizePx !== undefined && sizePx < patchPx)
    throw refuse(`images of ${sizePx} pixels are smaller than its patches of ${patchPx}`);
  const trained = Math.floor((config.imagePx ?? gridSide * patchPx) / patchPx);
  if (trained !== gridSide)
    throw refuse(`its config says images of ${config.imagePx} pixels, its positions ${gridSide * patchPx}`);
  return { width, patchPx, gridSide, sizePx: sizePx ?? config.imagePx ?? gridSide * patchPx, hasClassToken };
}

/**
 * Images `[batch, 3, sizePx, sizePx]` to tokens `[batch, tokens, width]`, positions added. The class token is added to its position
 * beforehand, where a row of zeros waits for it.
 */
export function drawPatches(
  graph: VisionGraph,
  pixels: string,
  { tensors }: Known,
  parts: { readonly shape: PatchShape; readonly names: PatchNames },
): string {
  const { shape, names } = parts;
  const { width, patchPx } = shape;
  const kernel = graph.weight(copied(tensors, names.kernel, [width, 3, patchPx, patchPx]));
  const bias = names.bias ? [graph.weight(copied(tensors, names.bias, [width]))] : [];
  const sides = { ints: [patchPx, patchPx] };
  const grid = graph.node('Conv', [pixels, kernel, ...bias], { kernel_shape: sides, strides: sides });
  const rows = graph.transpose(graph.reshape(grid, [0, width, -1]), [0, 2, 1]);
  const tokens = shape.hasClassToken ? graph.node('Pad', [rows, graph.integers([0, 1, 0, 0, 0, 0])]) : rows;
  return graph.node('Add', [tokens, graph.weight(positions(parts, tensors))]);
}

function positions(
  { shape, names }: { readonly shape: PatchShape; readonly names: PatchNames },
  tensors: Known['tensors'],
): Weight {
  const { width, patchPx, gridSide, sizePx, hasClassToken } = shape;
  const wantedSide = Math.floor(sizePx / patchPx);
  const first = hasClassToken ? 1 : 0;
  const axes = (count: number, ...last: number[]): number[] => [
    ...new Array<number>(count - last.length).fill(1),
    ...last,
  ];
  const table = tensors.take(names.positions, axes(names.positionAxes, gridSide ** 2 + first, width));
  const token = names.classToken ? tensors.take(names.classToken, axes(names.classAxes!, width)) : undefined;
  return {
    shape: [wantedSide ** 2 + first, width],
    madeOf: [table, ...(token ? [token] : [])].map(({ name }) => name),
    fill: (values) => {
      const trained = valuesOf(table);
      const patches = trained.subarray(first * width);
      const fitted =
        wantedSide === gridSide
          ? patches
          : interpolateGrid(patches, { from: gridSide, to: wantedSide, width });
      values.set(trained.subarray(0, first * width));
      values.set(fitted, first * width);
      if (token) for (const [i, value] of valuesOf(token).entries()) values[i]! += value;
    },
  };
}
