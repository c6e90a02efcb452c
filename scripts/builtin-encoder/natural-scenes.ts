import type { Random } from '../random.ts';
import { type Field, fractal } from './fractal.ts';
import { IMAGE_SIZE } from './measures.ts';
import { colour, disc, paint, type Rgb } from './painting.ts';
import type { Picture } from './picture.ts';

const SIZE = IMAGE_SIZE;

/** Finer than that is noise to a picture of IMAGE_SIZE. */
const FINEST_CELLS = 110;

function blank(): Picture {
  return new Float32Array(3 * SIZE ** 2);
}

function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return [0, 1, 2].map((c) => a[c]! + share * (b[c]! - a[c]!)) as unknown as Rgb;
}

/** Leaf, grass, sand, stone: all octaves up to the finest that a picture shows. */
function material(random: Random): Field {
  const field = fractal(random, random.between(3, 16), FINEST_CELLS, random.between(0.5, 0.95));
  const contrast = random.between(0.1, 1.4) ** 2;
  return (x, y) => 1 + contrast * field(x, y);
}

function softSky(random: Random, hue: number, light: number): (x: number, y: number) => Rgb {
  const [top, low] = [
    colour(hue, random.between(0.1, 0.7), light * random.between(0.35, 0.75)),
    colour(hue + random.between(-0.2, 0.2), random.between(0.05, 0.6), light),
  ];
  const clouds = fractal(random, 2, 32, 0.5);
  const [cover, glare] = [random.between(0, 0.5), random.between(0, 0.5)];
  const sun = [random.next(), random.between(0.1, 0.5)] as const;
  return (x, y) => {
    const distance = Math.hypot(x - sun[0], y - sun[1]);
    const shine = Math.max(0, clouds(x, 2 * y)) * cover + glare * Math.exp(-((distance / 0.2) ** 2));
    return mix(mix(top, low, Math.min(1, 1.6 * y)), [1, 0.97, 0.92], Math.min(1, shine));
  };
}

/** Ranges of hills, dunes or waves under a sky, the far ones in haze. */
export function hills(random: Random): Picture {
  const [hue, light] = [random.next(), random.between(0.5, 1.1)];
  const sky = softSky(random, hue, light);
  const ground = hue + random.between(0.2, 0.8);
  const horizon = random.between(0.25, 0.7);
  const count = 2 + Math.floor(random.between(0, 4));
  const steep = random.between(0.02, 0.3);
  const ranges = Array.from({ length: count }, (_, k) => ({
    crest: fractal(random, random.between(1, 5), 60, random.between(0.2, 0.55)),
    texture: material(random),
    foot: horizon + ((1 - horizon) * k) / count,
    tint: colour(
      ground + random.between(-0.06, 0.06),
      random.between(0.15, 0.7),
      light * random.between(0.15, 0.65),
    ),
    haze: 0.6 * (1 - (k + 1) / count),
    relief: random.between(0, 1.2),
  }));
  const picture = blank();
  paint((column, row, into) => {
    const [x, y] = [column / SIZE, row / SIZE];
    let rgb = sky(x, y);
    for (const { crest, texture, foot, tint, haze, relief } of ranges) {
      const depth = y - foot - steep * crest(x, foot);
      if (depth < 0) continue;
      const shade = texture(x, y) * (1 - relief * steep * crest(x + 0.05, foot + depth));
      rgb = mix(tint.map((value) => value * shade) as unknown as Rgb, sky(x, horizon), haze);
    }
    picture.set(rgb, into);
  });
  return picture;
}

/** Trunks or columns from side to side, the far ones in mist, the light between them. */
export function stems(random: Random): Picture {
  const [hue, light] = [random.next(), random.between(0.6, 1)];
  const mist = softSky(random, hue, light);
  const floor = material(random);
  const ground = colour(hue + random.between(-0.2, 0.2), 0.5, light * random.between(0.15, 0.5));
  const horizon = random.between(0.6, 0.95);
  const picture = blank();
  paint((column, row, into) => {
    const [x, y] = [column / SIZE, row / SIZE];
    const shade = floor(x, y);
    const near = Math.min(1, Math.max(0, (y - horizon) / 0.1));
    picture.set(mix(mist(x, y), ground.map((value) => value * shade) as unknown as Rgb, near), into);
  });
  const bark = colour(hue + random.between(-0.1, 0.3), random.between(0.1, 0.5), random.between(0.1, 0.4));
  const count = Math.floor(random.between(8, 45));
  for (let i = 0; i < count; i++) {
    const near = (i + 1) / count;
    const rgb = mix(mist(0.5, 0.5), bark, 0.25 + 0.75 * near);
    const [width, foot] = [(2 + 12 * near ** 2) * random.between(0.5, 1.5), SIZE * (horizon + 0.3 * near)];
    const at = SIZE * random.next();
    trunk(picture, { at, lean: random.between(-0.06, 0.06), width, foot }, rgb, floor);
  }
  const leaves = Math.floor(random.between(0, 250));
  for (let i = 0; i < leaves; i++) {
    const rgb = colour(hue + random.between(0.1, 0.4), 0.5, random.between(0.2, 0.8));
    const centre = [SIZE * random.next(), SIZE * 0.35 * random.next() ** 2] as const;
    disc(picture, { centre, radius: random.between(1, 4), rgb, light: 0.4 });
  }
  return picture;
}

/** A trunk that starts at the upper border; pixels, and pixels to the right for each down. */
interface Trunk {
  readonly at: number;
  readonly lean: number;
  readonly width: number;
  readonly foot: number;
}

function trunk(picture: Picture, { at, lean, width, foot }: Trunk, rgb: Rgb, texture: Field): void {
  for (let y = 0; y < Math.min(SIZE, foot); y++) {
    const left = at + lean * y;
    for (let x = Math.max(0, Math.ceil(left)); x < Math.min(SIZE, left + width); x++) {
      const shade = (1.25 - (0.6 * (x - left)) / width) * texture((4 * x) / SIZE, y / SIZE);
      picture.set(
        rgb.map((value) => value * shade),
        3 * (y * SIZE + x),
      );
    }
  }
}

/** Colours that flow into each other: smoke, silk, water, paint. */
export function flow(random: Random): Picture {
  const hue = random.next();
  const palette = [random.between(0.02, 0.25), random.between(0.3, 0.6), random.between(0.65, 1.1)].map(
    (light) => colour(hue + random.between(-0.15, 0.15), random.between(0.3, 0.9), light),
  ) as [Rgb, Rgb, Rgb];
  const [bendX, bendY, height] = [0, 1, 2].map(() =>
    fractal(random, random.between(1.5, 3), 64, random.between(0.4, 0.6)),
  ) as [Field, Field, Field];
  const bend = random.between(0.1, 0.6);
  const picture = blank();
  paint((column, row, into) => {
    const [x, y] = [column / SIZE, row / SIZE];
    const level = 1 + 2.2 * height(x + bend * bendX(x, y), y + bend * bendY(x, y));
    const share = Math.min(2, Math.max(0, level));
    const rgb = share < 1 ? mix(palette[0], palette[1], share) : mix(palette[1], palette[2], share - 1);
    picture.set(rgb, into);
  });
  return picture;
}

/** Leaves, petals or pebbles that fill the picture, with shadow between them. */
export function closeUp(random: Random): Picture {
  const [hue, saturation] = [random.next(), random.between(0.05, 0.6)];
  const texture = material(random);
  const picture = blank().fill(random.between(0.02, 0.2));
  const size = random.between(4, 14);
  for (let i = 0; i < 1200; i++) {
    const radius = Math.min(45, size * (1 - random.next()) ** -0.4) * (1 - i / 2400);
    const light = random.between(0.1, 0.4) + (0.5 * i) / 1200;
    const rgb = colour(hue + random.between(-0.08, 0.08), saturation, light * random.between(0.5, 1));
    disc(picture, { centre: [SIZE * random.next(), SIZE * random.next()], radius, rgb, light: 1.3 });
  }
  const light = [random.between(0.3, 0.7), random.between(0.3, 0.7)] as const;
  paint((column, row, into) => {
    const [x, y] = [column / SIZE, row / SIZE];
    const shade = texture(x, y) * (1.15 - 0.6 * Math.hypot(x - light[0], y - light[1]));
    for (let c = 0; c < 3; c++) picture[into + c]! *= shade;
  });
  return picture;
}
