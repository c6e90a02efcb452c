import type { GraphWriter } from './graph-writer.ts';
import { GRID, GRID_FREQUENCIES, IMAGE_SIZE, STEP_COUNT, STEP_WINDOW } from './measures.ts';

/** Sums of a profile with waves of the grid's frequencies: each [1, GRID.count, 1, STEP_COUNT]. */
interface Waves {
  readonly cosine: string;
  readonly sine: string;
}

/** What runs straight through the picture, along its axes: grids of blocks, frames. */
export function lineMeasures(write: GraphWriter, luma: string, redGreen: string): Record<string, string> {
  const waves = gridWaves(write);
  const inLuma = profiles(write, luma, GRID.lumaStep);
  const longest = inLuma.map((profile) => write.node('GlobalMaxPool', [profile]));
  return {
    block_grid: gridStrength(write, inLuma, waves),
    colour_grid: gridStrength(write, profiles(write, redGreen, GRID.colourStep), waves),
    frame_lines: write.mul(write.node('Min', longest), write.scalar(1 / GRID.lumaStep)),
  };
}

/** Computed by the runtime when it loads the model: as constants they would be most of its size. */
function gridWaves(write: GraphWriter): Waves {
  const places = Array.from({ length: STEP_COUNT }, (_, x) => x - (STEP_COUNT - 1) / 2);
  const angles = write.mul(
    write.constant(GRID_FREQUENCIES, [1, GRID.count, 1, 1]),
    write.constant(places, [1, 1, 1, STEP_COUNT]),
  );
  // The waves meet the profile in a mean, whose divisor is undone here.
  const window = write.constant(
    STEP_WINDOW.map((weight) => weight * STEP_COUNT),
    [1, 1, 1, STEP_COUNT],
  );
  return {
    cosine: write.mul(write.node('Cos', [angles]), window),
    sine: write.mul(write.node('Sin', [angles]), window),
  };
}

/** Means of the absolute steps from column to column and from row to row, as [batch, 1, 1, STEP_COUNT]. */
function profiles(write: GraphWriter, plane: string, largestStep: number): [string, string] {
  const along = (step: readonly [number, number], across: readonly [number, number]): string => {
    const steps = write.node('Conv', [plane, write.constant([-1, 1], [1, 1, ...step])]);
    const bounds = [write.scalar(0), write.scalar(largestStep)];
    const bounded = write.node('Clip', [write.node('Abs', [steps]), ...bounds]);
    const profile = write.node('AveragePool', [bounded], { kernel_shape: { ints: [...across] } });
    return write.node('Reshape', [profile, write.integers([-1, 1, 1, STEP_COUNT])]);
  };
  return [along([1, 2], [IMAGE_SIZE, 1]), along([2, 1], [1, IMAGE_SIZE])];
}

function gridStrength(write: GraphWriter, [x, y]: readonly [string, string], waves: Waves): string {
  const strengths = write.mul(spectrum(write, x, waves), spectrum(write, y, waves));
  return write.mul(write.log(write.largest(strengths), GRID.smallPower), write.scalar(1 / 4));
}

function spectrum(write: GraphWriter, profile: string, { cosine, sine }: Waves): string {
  const reach = Math.floor(GRID.smoothing / 2);
  // Without padding counted in: the mean of what there is.
  const smooth = write.node('AveragePool', [profile], {
    kernel_shape: { ints: [1, GRID.smoothing] },
    pads: { ints: [0, reach, 0, reach] },
  });
  const level = write.add(write.mean(profile), write.scalar(GRID.smallStep));
  const ripple = write.div(write.sub(profile, smooth), level);
  const power = (wave: string): string => write.square(write.mean(write.mul(ripple, wave)));
  return write.add(power(cosine), power(sine));
}
