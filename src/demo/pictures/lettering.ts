import type { Canvas } from './canvas.ts';
import type { Rgb } from './color.ts';
import { stroke } from './shapes.ts';

/**
 * A font of straight strokes on a grid of 4 columns by 6 rows: each word is one line through points "xy".
 * The pictures need no installed font, so they are the same everywhere.
 */
const GLYPHS: Readonly<Record<string, string>> = {
  A: '062046 1434',
  B: '000636453403 0030413203',
  C: '4130100105163645',
  D: '00062644422000',
  E: '40000646 0333',
  F: '400006 0333',
  G: '413010010516364543 4323',
  H: '0006 4046 0343',
  I: '2026 1030 1636',
  J: '4045361605',
  K: '0006 400346',
  L: '000646',
  M: '0600234046',
  N: '06004640',
  O: '103041453616050110',
  P: '06003041423303',
  Q: '103041453616050110 3446',
  R: '06003041423303 2346',
  S: '41301001021333444536 361605',
  T: '0040 2026',
  U: '000516364540',
  V: '002640',
  W: '0016223640',
  X: '0046 4006',
  Y: '002340 2326',
  Z: '00400646',
  '0': '103041453616050110 0541',
  '1': '112026 1636',
  '2': '01103041420646',
  '3': '0040233344453616 1605',
  '4': '36300444',
  '5': '40000333444536 3616 1605',
  '6': '401003051636454433 0333',
  '7': '004016',
  '8': '1030414233445536160503130201 0110',
  '9': '43130201103041 4146',
  '.': '1516',
  ',': '2516',
  '-': '1333',
  '%': '4006 0001 4546',
  '&': '46010110203103051636 4344',
};

const ADVANCE = 5.6 / 6;

/** How it is written: capitals `size` pixels high, strokes `weight` pixels wide, turned by `angle` radians. */
export interface Lettering {
  readonly size: number;
  readonly color: Rgb;
  readonly weight: number;
  readonly alpha?: number;
  readonly angle?: number;
}

/** Writes capitals, digits and a little punctuation with the top left corner at `at`; other characters are blank. */
export function write(canvas: Canvas, text: string, at: readonly [number, number], style: Lettering): void {
  const { size, color, weight, alpha = 1, angle = 0 } = style;
  const pen = { color, width: weight, alpha };
  const cos = Math.cos(angle) * (size / 6);
  const sin = Math.sin(angle) * (size / 6);
  const place = (x: number, y: number): [number, number] => [
    at[0] + x * cos - y * sin,
    at[1] + x * sin + y * cos,
  ];
  let left = 0;
  for (const character of text.toUpperCase()) {
    for (const line of (GLYPHS[character] ?? '').split(' ')) {
      for (let i = 0; i + 4 <= line.length; i += 2) {
        const from = place(left + Number(line[i]), Number(line[i + 1]));
        const to = place(left + Number(line[i + 2]), Number(line[i + 3]));
        stroke(canvas, from, to, pen);
      }
    }
    left += 5.6;
  }
}

/** How wide the text gets, in pixels. */
export function widthOf(text: string, size: number): number {
  return text.length * size * ADVANCE;
}
