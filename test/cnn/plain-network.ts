import { LEAK, layerSizes, type NetworkShape, parametersOf } from '../../src/cnn/shape.ts';
import type { PixelScale } from '../../src/cnn/training-graph.ts';

/** What a network gives for one picture, by plain loops in float64: an oracle. */
export function plainValue(
  shape: NetworkShape,
  weights: Float64Array,
  { mean, std }: PixelScale,
  { pixels, kept }: { readonly pixels: Uint8Array; readonly kept: ArrayLike<number> },
): number {
  const parameters = new Map(parametersOf(shape).map((one) => [one.name, one]));
  const of = (name: string): Float64Array => {
    const { from, length } = parameters.get(name)!;
    return weights.subarray(from, from + length);
  };
  const leaky = (value: number): number => (value > 0 ? value : LEAK * value);
  const { sidesPx, channels, pooledPx } = layerSizes(shape);
  // Channel by channel.
  let planes = Float64Array.from({ length: 3 * shape.imagePx ** 2 }, (_, at) => {
    const [colour, place] = [Math.floor(at / shape.imagePx ** 2), at % shape.imagePx ** 2];
    return (pixels[3 * place + colour]! / 255 - mean[colour]!) / std[colour]!;
  });
  for (const [i, { kernelPx, channels: outputs }] of shape.convolutions.entries()) {
    const [weight, bias, inputs] = [of(`convolution${i}.weight`), of(`convolution${i}.bias`), channels[i]!];
    const [side, next] = [sidesPx[i]!, sidesPx[i + 1]!];
    const made = new Float64Array(outputs * next ** 2);
    for (let o = 0; o < outputs; o++)
      for (let y = 0; y < next; y++)
        for (let x = 0; x < next; x++) {
          let sum = bias[o]!;
          for (let c = 0; c < inputs; c++)
            for (let v = 0; v < kernelPx; v++)
              for (let u = 0; u < kernelPx; u++)
                sum +=
                  weight[((o * inputs + c) * kernelPx + v) * kernelPx + u]! *
                  planes[(c * side + y + v) * side + x + u]!;
          made[(o * next + y) * next + x] = leaky(sum);
        }
    planes = made;
  }
  const side = sidesPx.at(-1)!;
  let row = Float64Array.from({ length: channels.at(-1)! * pooledPx ** 2 }, (_, at) => {
    const [channel, place] = [Math.floor(at / pooledPx ** 2), at % pooledPx ** 2];
    const [y, x] = [2 * Math.floor(place / pooledPx), 2 * (place % pooledPx)];
    const corner = (dy: number, dx: number): number => planes[(channel * side + y + dy) * side + x + dx]!;
    return Math.max(corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)) * kept[at]!;
  });
  for (let i = 0; i <= shape.hidden.length; i++) {
    const inputs = i > 0 ? row.map(leaky) : row;
    const weight = of(`dense${i}.weight`);
    row = of(`dense${i}.bias`).map((bias, o) =>
      inputs.reduce((sum, value, at) => sum + weight[o * inputs.length + at]! * value, bias),
    );
  }
  return row[0]!;
}
