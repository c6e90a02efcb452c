import type { Canvas } from './canvas.ts';
import { blend, type MutableRgb, type Rgb } from './color.ts';

/** A place on the ground. */
export interface Place {
  readonly x: number;
  readonly z: number;
}

/** Ground that the camera sees. */
export interface SeenGround extends Place {
  readonly height: number;
  /** From the camera. */
  readonly distance: number;
}

/** A camera over a height field. Lengths are in units of the field; rows and columns in pixels. */
export interface View {
  readonly height: (x: number, z: number) => number;
  /** Gives the colour of the ground. */
  readonly color: (ground: SeenGround, color: MutableRgb) => void;
  readonly cameraX: number;
  readonly cameraZ: number;
  readonly cameraHeight: number;
  /** The row of the horizon. */
  readonly horizon: number;
  /** Pixels per unit at distance 1. */
  readonly focal: number;
  readonly near: number;
  readonly far: number;
  /** Ground at or below this height is water; no water when absent. */
  readonly waterLevel?: number;
  /** Each step outwards multiplies the distance by this. */
  readonly stepRatio: number;
}

/**
 * Draws the land column by column from the nearest point outwards, as games did before polygons ("voxel space").
 *
 * @returns for each pixel the distance of the water seen there; 0 where land or sky is seen
 */
export function drawTerrain(canvas: Canvas, view: View): Float32Array {
  const water = new Float32Array(canvas.width * canvas.height);
  for (let column = 0; column < canvas.width; column++) drawColumn(canvas, view, column, water);
  return water;
}

function drawColumn(canvas: Canvas, view: View, column: number, water: Float32Array): void {
  const { width } = canvas;
  const slope = (column - width / 2) / view.focal;
  const here: MutableRgb = [0, 0, 0];
  const last: MutableRgb = [0, 0, 0];
  const waterLevel = view.waterLevel ?? Number.NEGATIVE_INFINITY;
  const isMirrored = view.cameraHeight < waterLevel;
  let skyline: number = canvas.height;
  let wasVisible = false;
  // A mirrored camera is under the near shore; what it sees begins with the water.
  let isOverWater = !isMirrored;
  for (let distance = view.near; distance < view.far; distance *= view.stepRatio) {
    const x = view.cameraX + slope * distance;
    const z = view.cameraZ + distance;
    const height = view.height(x, z);
    const isWater = height <= waterLevel;
    isOverWater ||= isWater;
    if (isMirrored && (isWater || !isOverWater)) {
      wasVisible = false;
      continue;
    }
    const ground = isWater ? waterLevel : height;
    const row = view.horizon + ((view.cameraHeight - ground) * view.focal) / distance;
    if (row >= skyline) {
      wasVisible = false;
      continue;
    }
    if (isWater) {
      for (let y = Math.max(0, Math.ceil(row)); y < skyline; y++) water[y * width + column] = distance;
    } else {
      view.color({ x, z, height, distance }, here);
      fillRows(canvas, column, { top: row, bottom: skyline, far: here, near: wasVisible ? last : here });
      last[0] = here[0];
      last[1] = here[1];
      last[2] = here[2];
    }
    wasVisible = !isWater;
    skyline = row;
    if (skyline <= 0) return;
  }
}

/** The rows of a column that one step of the ground covers, with its colours at the top and at the bottom. */
interface Strip {
  readonly top: number;
  readonly bottom: number;
  readonly far: Rgb;
  readonly near: Rgb;
}

/** Fills a strip, blending the far colour into the near one, with a soft upper edge. */
function fillRows(canvas: Canvas, column: number, { top, bottom, far, near }: Strip): void {
  const color: MutableRgb = [0, 0, 0];
  const span = Math.max(1, bottom - top);
  for (let y = Math.max(0, Math.floor(top)); y < bottom; y++) {
    color[0] = far[0];
    color[1] = far[1];
    color[2] = far[2];
    blend(color, near, Math.max(0, Math.min(1, (y - top) / span)));
    canvas.plot(column, y, color, Math.min(1, y + 1 - top));
  }
}

/** The slope of the ground at a place, rising towards x and towards z, measured over `reach`. */
export function slopeAt(
  height: View['height'],
  { x, z }: Place,
  reach: number,
  slope: [x: number, z: number],
): void {
  const here = height(x, z);
  slope[0] = (height(x + reach, z) - here) / reach;
  slope[1] = (height(x, z + reach) - here) / reach;
}

/** How much ground of this slope faces a light that comes from (x, up, z), 0 to about 1. */
export function facing(slope: readonly [number, number], light: readonly [number, number, number]): number {
  const length = Math.sqrt(slope[0] ** 2 + 1 + slope[1] ** 2);
  return Math.max(0, (light[1] - slope[0] * light[0] - slope[1] * light[2]) / length);
}
