import { Canvas } from './canvas.ts';
import { collage } from './degrade.ts';
import { chart, dullSnapshot, product, screenshot, solid, textScan } from './documents.ts';
import { flower, forest } from './garden.ts';
import { dunes, lake, meadow } from './landscapes.ts';
import { bokeh, city, starryNight } from './night.ts';
import { abstract, balloons, sea, tree } from './open-air.ts';

/** Paints one scene over the whole canvas; the seed decides everything about it. */
type Scene = (canvas: Canvas, seed: number) => Canvas;

/** Every scene by name. */
export const SCENES = {
  'lake-sunset': (canvas, seed) => lake(canvas, seed, 'sunset'),
  'lake-dawn': (canvas, seed) => lake(canvas, seed, 'dawn'),
  'lake-noon': (canvas, seed) => lake(canvas, seed, 'noon'),
  'lake-dusk': (canvas, seed) => lake(canvas, seed, 'dusk'),
  'lake-storm': (canvas, seed) => lake(canvas, seed, 'storm'),
  meadow,
  dunes,
  night: starryNight,
  city,
  bokeh,
  flower,
  forest,
  sea,
  abstract,
  balloons,
  tree,
  'text-scan': textScan,
  screenshot,
  chart,
  product,
  solid,
  snapshot: dullSnapshot,
  collage: fourInOne,
} as const satisfies Record<string, Scene>;

/** The name of a scene. */
export type SceneName = keyof typeof SCENES;

function fourInOne(canvas: Canvas, seed: number): Canvas {
  const scenes: readonly Scene[] = [tree, flower, city, dullSnapshot];
  const { width, height } = canvas;
  return collage(
    canvas,
    scenes.map((scene, i) => scene(new Canvas(width >> 1, height >> 1), seed * 4 + i)),
  );
}
