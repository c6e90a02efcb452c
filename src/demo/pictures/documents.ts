import type { Canvas } from './canvas.ts';
import { gradient, hex, hsl, mix, type Rgb, scaled } from './color.ts';
import { addNoise } from './filters.ts';
import { widthOf, write } from './lettering.ts';
import { fbm } from './noise.ts';
import { Random } from './random.ts';
import { disc, rectangle, stroke } from './shapes.ts';

const WORDS =
  'the account of this section shall be paid in full before the end of each month unless agreed in writing by both parties hereto form invoice number total amount due date page annex table notes see item general terms and conditions apply'.split(
    ' ',
  );

function sentence(random: Random, size: number, maxWidth: number): string {
  let text = random.pick(WORDS);
  for (;;) {
    const longer = `${text} ${random.pick(WORDS)}`;
    if (widthOf(longer, size) > maxWidth) return text;
    text = longer;
  }
}

/** A scanned page of small type. */
export function textScan(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const { width, height } = canvas;
  const paper = hex(random.pick(['#ffffff', '#f6f4ee', '#ececec']));
  const ink: Rgb = [0.13, 0.13, 0.14];
  canvas.fill(paper);
  const margin = width * 0.1;
  const size = random.between(6, 9);
  const style = { size, color: ink, weight: 1.1, alpha: 0.85 };
  write(canvas, sentence(random, size * 1.7, width * 0.6), [margin, margin * 0.7], {
    ...style,
    size: size * 1.7,
    weight: 2,
  });
  for (let y = margin * 0.7 + size * 3.6; y < height - margin; y += size * 1.9) {
    if (random.chance(0.1)) continue;
    const span = (width - 2 * margin) * (random.chance(0.15) ? random.between(0.3, 0.8) : 1);
    write(canvas, sentence(random, size, span), [margin, y], style);
  }
  return addNoise(canvas, 0.03, seed);
}

/** A screenshot of a plain program: panels, rows of labels, buttons. */
export function screenshot(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const { width, height } = canvas;
  const accent = hsl(random.next(), 0.35, 0.5);
  const line = hex('#d4d4d8');
  const text = { size: 7, color: hex('#44464c'), weight: 1 };
  canvas.fill(hex('#f4f4f6'));
  rectangle(canvas, [0, 0, width, 26], accent);
  write(canvas, 'file edit view tools help', [12, 9], { ...text, size: 8, color: [1, 1, 1] });
  rectangle(canvas, [0, 26, width * 0.24, height], hex('#e6e6ea'));
  for (let y = 44; y < height - 20; y += 22) {
    write(canvas, sentence(random, 7, width * 0.18), [12, y], text);
  }
  for (let y = 44; y < height - 20; y += 27) {
    rectangle(canvas, [width * 0.27, y - 6, width * 0.7, 22], [1, 1, 1]);
    rectangle(canvas, [width * 0.27, y + 16, width * 0.7, 1], line);
    write(canvas, sentence(random, 7, width * random.between(0.2, 0.45)), [width * 0.29, y + 1], text);
    rectangle(canvas, [width * 0.86, y - 2, width * 0.09, 14], random.chance(0.2) ? accent : line);
  }
  return canvas;
}

/** A bar chart, a line chart or a pie chart as an office program draws it. */
export function chart(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const { width, height } = canvas;
  canvas.fill([1, 1, 1]);
  const ink = { size: 9, color: hex('#333333'), weight: 1.2 };
  const hue = random.next();
  write(canvas, `${sentence(random, 12, width * 0.55)}`, [width * 0.2, height * 0.05], {
    ...ink,
    size: 12,
    weight: 1.6,
  });
  const frame = [width * 0.12, height * 0.15, width * 0.8, height * 0.68] as const;
  for (let i = 0; i <= 5; i++) {
    const y = frame[1] + (frame[3] * i) / 5;
    rectangle(canvas, [frame[0], y, frame[2], 1], hex('#d8d8d8'));
    write(canvas, `${100 - i * 20}%`, [width * 0.04, y - 4], ink);
  }
  const values = Array.from({ length: 9 }, () => random.between(0.15, 0.95));
  let last: [number, number] | undefined;
  const isBar = random.chance(0.6);
  for (const [i, value] of values.entries()) {
    const x = frame[0] + (frame[2] * (i + 0.2)) / values.length;
    const y = frame[1] + frame[3] * (1 - value);
    const color = hsl(hue + (i % 2) * 0.1, 0.6, 0.5);
    if (isBar) rectangle(canvas, [x, y, (frame[2] / values.length) * 0.6, frame[3] * value], color);
    else if (last) stroke(canvas, last, [x, y], { color: hsl(hue, 0.6, 0.5), width: 2.5 });
    if (!isBar) disc(canvas, [x, y], 4, { color });
    last = [x, y];
    write(canvas, `Q${(i % 4) + 1}`, [x, frame[1] + frame[3] + 10], ink);
  }
  return canvas;
}

/** A product as shops show it: one object on white. */
export function product(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const { width, height } = canvas;
  canvas.fill([1, 1, 1]);
  const color = hsl(random.next(), random.between(0.15, 0.7), random.between(0.25, 0.55));
  const cx = width / 2;
  const half = width * random.between(0.12, 0.2);
  const tall = height * random.between(0.45, 0.62);
  const top = (height - tall) / 2;
  const neck = random.between(0.3, 1);
  canvas.shade((x, y, target) => {
    const shadow = Math.exp(-(((x - cx) / (half * 1.2)) ** 2) - ((y - top - tall) / 9) ** 2);
    for (let c = 0; c < 3; c++) target[c]! -= 0.4 * shadow;
    const t = (y - top) / tall;
    if (t < 0 || t > 1) return;
    const wide = half * (t < 0.2 ? neck + (1 - neck) * Math.max(0, (t - 0.12) / 0.08) : 1);
    const u = (x - cx) / wide;
    if (Math.abs(u) > 1) return;
    const light = 0.6 + 0.5 * Math.sqrt(1 - u * u) + 0.5 * Math.exp(-(((u + 0.45) / 0.12) ** 2));
    const isLabel = t > 0.42 && t < 0.78;
    const body = isLabel ? mix(color, [1, 1, 1], 0.75) : color;
    for (let c = 0; c < 3; c++) target[c] = body[c]! * light;
  });
  const label = random.pick(['NO 5', 'PURE', 'ECO', 'MAX', 'DAILY']);
  write(canvas, label, [cx - widthOf(label, half * 0.3) / 2, top + tall * 0.55], {
    size: half * 0.3,
    color: scaled(color, 0.7),
    weight: 2.5,
  });
  return canvas;
}

/** A plain colour, or hardly more than that. */
export function solid(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const color = hsl(random.next(), random.pick([0, 0.3, 0.8]), random.between(0.1, 0.95));
  const other = random.chance(0.5) ? color : scaled(color, 0.9);
  return canvas.shade((_x, y, target) => gradient([color, other], y / canvas.height, target));
}

/** A snapshot that went wrong: a grey wall, a tilted edge, flat light. */
export function dullSnapshot(canvas: Canvas, seed: number): Canvas {
  const random = new Random(seed);
  const { width, height } = canvas;
  const wall = hsl(random.between(0.05, 0.15), 0.12, random.between(0.4, 0.6));
  const floor = hsl(random.between(0, 0.1), 0.15, 0.34);
  const tilt = random.between(-0.15, 0.15);
  canvas.shade((x, y, color) => {
    const isFloor = y > height * 0.68 + (x - width / 2) * tilt;
    const base = isFloor ? floor : wall;
    const stain = 0.94 + 0.12 * fbm(x / width / 2 + seed / 7, y / width / 2);
    for (let c = 0; c < 3; c++) color[c] = base[c]! * stain;
  });
  rectangle(
    canvas,
    [width * random.between(0.1, 0.5), height * 0.35, width * 0.26, height * 0.42],
    hsl(random.next(), 0.15, 0.4),
  );
  return addNoise(canvas, 0.05, seed);
}
