import type { Random } from '../random.ts';
import { blur } from './blur.ts';
import { fractal } from './fractal.ts';
import { IMAGE_SIZE } from './measures.ts';
import { colour, disc, paint, type Rgb } from './painting.ts';
import type { Picture } from './picture.ts';

const SIZE = IMAGE_SIZE;

function addTexture(picture: Picture, random: Random, cells: number, amount: number): void {
  const field = fractal(random, cells, cells, 1);
  paint((x, y, into) => {
    const change = amount * field(x / SIZE, y / SIZE);
    for (let c = 0; c < 3; c++) picture[into + c]! += change;
  });
}

/** What makes scenes differ: how much sky, how many things, how light, and whether all but the subject is soft. */
interface SceneKind {
  readonly horizon: readonly [number, number];
  readonly leaves: readonly [number, number];
  readonly light: readonly [number, number];
  readonly softBackground: boolean;
  /** Small lights in the dark. */
  readonly lamps: number;
}

const KINDS: readonly SceneKind[] = [
  { horizon: [0.3, 0.65], leaves: [60, 400], light: [0.8, 1], softBackground: false, lamps: 0 },
  { horizon: [0.6, 0.85], leaves: [8, 60], light: [0.6, 1], softBackground: false, lamps: 0 },
  { horizon: [0.2, 0.8], leaves: [30, 150], light: [0.8, 1], softBackground: true, lamps: 0 },
  { horizon: [0.4, 0.7], leaves: [20, 200], light: [0.15, 0.4], softBackground: false, lamps: 90 },
];

/**
 * A good picture: a sky, a ground, shaded discs of all sizes in colours of one palette (the dead leaves of Lee, Mumford
 * and Huang 2001, whose statistics are those of photographs), fine texture, and a bright subject at a point of the thirds.
 */
export function scene(random: Random, kindNumber: number): Picture {
  const kind = KINDS[kindNumber % KINDS.length]!;
  const hue = random.next();
  const back = background(random, kind, hue);
  const picture = kind.softBackground ? blur(back, random.between(2, 5)) : back;
  for (let i = 0; i < kind.lamps; i++) {
    const centre = [SIZE * random.next(), SIZE * random.between(0.3, 1)] as const;
    const radius = random.between(1, 4);
    disc(picture, { centre, radius, rgb: colour(random.next(), 0.6, random.between(0.6, 1)), light: 0 });
  }
  const subject = colour(hue + 0.5, 0.9, 0.75);
  const [x, y] = [random.next() < 0.5 ? 1 / 3 : 2 / 3, random.next() < 0.5 ? 1 / 3 : 2 / 3];
  const radius = random.between(12, 26) * (kind.softBackground ? 1.7 : 1);
  disc(picture, { centre: [SIZE * x, SIZE * y], radius, rgb: subject, light: 1 });
  const petals = kind.softBackground ? 60 : 8;
  for (let i = 0; i < petals; i++) {
    const [dx, dy] = [radius * random.between(-0.9, 0.9), radius * random.between(-0.9, 0.9)];
    const rgb = colour(hue + random.between(0.4, 0.6), 0.9, random.between(0.2, 0.9));
    const centre = [SIZE * x + dx, SIZE * y + dy] as const;
    disc(picture, { centre, radius: random.between(1, 5), rgb, light: 1 });
  }
  if (!kind.softBackground) addTexture(picture, random, 60, random.between(0.01, 0.08));
  return picture;
}

function background(random: Random, kind: SceneKind, hue: number): Picture {
  const picture = new Float32Array(SIZE * SIZE * 3);
  const horizon = SIZE * random.between(...kind.horizon);
  const light = random.between(...kind.light);
  const sky = [
    colour(hue, 0.8, light * random.between(0.4, 0.7)),
    colour(hue + 0.1, 0.4, 0.95 * light),
  ] as const;
  const ground = colour(hue + random.between(0.3, 0.6), 0.6, light * random.between(0.2, 0.4));
  paint((_, y, into) => {
    const t = y / horizon;
    for (let c = 0; c < 3; c++)
      picture[into + c] = y < horizon ? sky[0][c]! * (1 - t) + sky[1][c]! * t : ground[c]!;
  });
  addTexture(picture, random, 5, 0.1 * light);
  const leaves = Math.floor(random.between(...kind.leaves));
  for (let i = 0; i < leaves; i++) {
    const radius = Math.min(40, 2.5 * (1 - random.next()) ** -0.6);
    const rgb = colour(
      hue + random.between(0.3, 0.7),
      random.between(0.3, 0.9),
      light * random.between(0.05, 0.85),
    );
    const centre = [SIZE * random.next(), horizon + random.between(-10, SIZE - horizon)] as const;
    disc(picture, { centre, radius, rgb, light: 0.6 });
  }
  return picture;
}

/** Lines of dark strokes on white paper. */
export function textPage(random: Random): Picture {
  const picture = new Float32Array(SIZE * SIZE * 3).fill(random.between(0.93, 1));
  const pitch = Math.floor(random.between(9, 18));
  for (let line = pitch; line < SIZE - pitch; line += pitch) {
    for (let x = 12; x < SIZE - random.between(12, 40); x += 2) {
      if (random.next() < 0.35) continue;
      const [top, height] = [line + Math.floor(random.between(0, pitch / 3)), Math.floor(pitch / 2.5)];
      for (let y = top; y < top + height * random.next(); y++)
        picture.fill(0.15, 3 * (y * SIZE + x), 3 * (y * SIZE + x) + 3);
    }
  }
  return picture;
}

/** One colour, or two that flow into each other. */
export function plainPicture(random: Random): Picture {
  const picture = new Float32Array(SIZE * SIZE * 3);
  const [a, b] = [0, 1].map(() => colour(random.next(), random.next(), random.between(0.1, 0.95))) as [
    Rgb,
    Rgb,
  ];
  const flat = random.next() < 0.5;
  paint((_, y, into) => {
    for (let c = 0; c < 3; c++) picture[into + c] = flat ? a[c]! : a[c]! + ((b[c]! - a[c]!) * y) / SIZE;
  });
  return picture;
}

/** Nothing but noise, of one or of three channels. */
export function noisePicture(random: Random): Picture {
  const [level, grey] = [random.between(0.1, 0.5), random.next() < 0.5];
  const picture = new Float32Array(SIZE * SIZE * 3);
  for (let i = 0; i < picture.length; i++) {
    picture[i] = grey && i % 3 > 0 ? picture[i - 1]! : 0.5 + level * random.normal();
  }
  return picture;
}
