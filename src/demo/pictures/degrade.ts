import type { Canvas } from './canvas.ts';
import { addNoise, blur, curve, saturate, shrink } from './filters.ts';
import { widthOf, write } from './lettering.ts';
import { Random } from './random.ts';

/** What can go wrong with a picture. `crushed` is left to the JPEG encoder. */
export type Flaw =
  | 'blurred'
  | 'flat'
  | 'overexposed'
  | 'underexposed'
  | 'grey'
  | 'noisy'
  | 'crushed'
  | 'tiny'
  | 'stamped';

const FLAWS: Readonly<Record<Flaw, (canvas: Canvas, seed: number) => Canvas>> = {
  blurred: (canvas) => blur(canvas, canvas.width / 90),
  flat: (canvas) => curve(saturate(canvas, 0.45), (value) => 0.42 + 0.24 * value),
  overexposed: (canvas) => curve(canvas, (value) => 0.3 + 1.35 * value),
  underexposed: (canvas) => curve(canvas, (value) => 0.2 * value ** 1.2),
  grey: (canvas) => curve(saturate(canvas, 0.04), (value) => 0.18 + 0.6 * value),
  noisy: (canvas, seed) => addNoise(canvas, 0.3, seed),
  crushed: (canvas) => canvas,
  tiny: (canvas) => shrink(canvas, Math.round(canvas.width / 10), Math.round(canvas.height / 10)),
  stamped: stamp,
};

/** Spoils the picture. */
export function degrade(canvas: Canvas, flaw: Flaw, seed: number): Canvas {
  return FLAWS[flaw](canvas, seed);
}

/** The agency's name over and over, slanted and half transparent. */
function stamp(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const text = random.pick(['SAMPLE', 'PREVIEW', 'STOCKPIX', 'PROOF COPY', 'NOT FOR SALE']);
  const size = canvas.width * random.between(0.04, 0.06);
  const style = { size, color: [1, 1, 1] as const, weight: size * 0.16, alpha: 0.5, angle: -0.45 };
  const pitchX = widthOf(text, size) * 1.25;
  const pitchY = size * 3.4;
  for (let row = 0; row * pitchY < canvas.height * 1.9; row++) {
    for (let column = -1; column * pitchX < canvas.width * 1.2; column++) {
      const x = column * pitchX + (row % 2) * pitchX * 0.5;
      write(canvas, text, [x, row * pitchY - x * 0.45], style);
    }
  }
  return canvas;
}

/** Four pictures squeezed into one, with white bars between. */
export function collage(canvas: Canvas, parts: readonly Canvas[]): Canvas {
  const gap = 6;
  const cellWidth = Math.floor((canvas.width - 3 * gap) / 2);
  const cellHeight = Math.floor((canvas.height - 3 * gap) / 2);
  canvas.fill([1, 1, 1]);
  for (const [i, part] of parts.entries()) {
    const small = shrink(part, cellWidth, cellHeight);
    const left = gap + (i % 2) * (cellWidth + gap);
    const top = gap + Math.floor(i / 2) * (cellHeight + gap);
    for (let y = 0; y < cellHeight; y++) {
      const row = small.data.subarray(y * cellWidth * 3, (y + 1) * cellWidth * 3);
      canvas.data.set(row, ((top + y) * canvas.width + left) * 3);
    }
  }
  return canvas;
}
