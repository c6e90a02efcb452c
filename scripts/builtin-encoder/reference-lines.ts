import { GRID, GRID_FREQUENCIES, STEP_COUNT, STEP_WINDOW } from './measures.ts';
import { type Plane, transpose } from './plane.ts';

/** What runs straight through the picture, along its axes: grids of blocks, frames. */
export function lineMeasures(luma: Plane, redGreen: Plane): Record<string, number> {
  const inLuma = profiles(luma, GRID.lumaStep);
  const [longestX, longestY] = inLuma.map((profile) => Math.max(...profile)) as [number, number];
  return {
    block_grid: gridStrength(inLuma),
    colour_grid: gridStrength(profiles(redGreen, GRID.colourStep)),
    frame_lines: Math.min(longestX, longestY) / GRID.lumaStep,
  };
}

function profiles(source: Plane, largestStep: number): [Float64Array, Float64Array] {
  return [stepProfile(source, largestStep), stepProfile(transpose(source), largestStep)];
}

/** The mean over the rows of the absolute steps from each column to the next. */
function stepProfile({ size, values }: Plane, largestStep: number): Float64Array {
  const profile = new Float64Array(size - 1);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x + 1 < size; x++) {
      const step = Math.abs(values[y * size + x + 1]! - values[y * size + x]!);
      profile[x]! += Math.min(step, largestStep) / size;
    }
  }
  return profile;
}

/** The logarithm of the amplitude at the frequency that is strongest in both directions. */
function gridStrength([x, y]: readonly [Float64Array, Float64Array]): number {
  const [alongX, alongY] = [spectrum(x), spectrum(y)];
  const strongest = Math.max(...alongX.map((power, k) => power * alongY[k]!));
  return Math.log(strongest + GRID.smallPower) / 4;
}

/** Powers of the profile, in units of its mean, at the grid's frequencies. */
function spectrum(profile: Float64Array): number[] {
  const mean = profile.reduce((sum, value) => sum + value, 0) / profile.length;
  const reach = Math.floor(GRID.smoothing / 2);
  const ripple = profile.map((value, x) => {
    const near = profile.subarray(Math.max(0, x - reach), x + reach + 1);
    return (value - near.reduce((sum, other) => sum + other, 0) / near.length) / (mean + GRID.smallStep);
  });
  return GRID_FREQUENCIES.map((frequency) => {
    let [real, imaginary] = [0, 0];
    ripple.forEach((value, x) => {
      const angle = frequency * (x - (STEP_COUNT - 1) / 2);
      real += STEP_WINDOW[x]! * value * Math.cos(angle);
      imaginary += STEP_WINDOW[x]! * value * Math.sin(angle);
    });
    return real ** 2 + imaginary ** 2;
  });
}
