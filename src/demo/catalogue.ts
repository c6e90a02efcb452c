import { CAPTIONS } from './captions.ts';
import type { Flaw } from './pictures/degrade.ts';
import { Random } from './pictures/random.ts';
import type { SceneName } from './pictures/scenes.ts';

/** One picture of the demo: everything that its pixels and its row in the sample shards depend on. */
export interface Picture {
  /** Where the demo's image host serves it. */
  readonly path: string;
  readonly scene: SceneName;
  readonly seed: number;
  /** Pixels as painted; a `tiny` picture is encoded at a tenth of that. */
  readonly width: number;
  readonly height: number;
  /** What was done to it; absent for a sound picture. */
  readonly flaw?: Flaw;
  readonly format: 'jpeg' | 'png' | 'webp';
  /** null in a few rows, as in real shards. */
  readonly caption: string | null;
  /** Scores as another model might have left them in a joined table; null where it left none. */
  readonly punsafe: number | null;
  readonly pwatermark: number | null;
  /** What a person would say: made to please, made to be useful, or spoilt. */
  readonly expected: 'good' | 'plain' | 'poor';
}

const GOOD: readonly (readonly [SceneName, count: number])[] = [
  ['lake-sunset', 6],
  ['lake-dawn', 4],
  ['lake-noon', 4],
  ['lake-dusk', 4],
  ['lake-storm', 3],
  ['meadow', 7],
  ['dunes', 9],
  ['night', 10],
  ['city', 10],
  ['bokeh', 6],
  ['flower', 12],
  ['forest', 10],
  ['sea', 10],
  ['abstract', 8],
  ['balloons', 10],
  ['tree', 9],
];

const PLAIN: readonly (readonly [SceneName, count: number])[] = [
  ['text-scan', 14],
  ['screenshot', 12],
  ['chart', 10],
  ['product', 16],
  ['solid', 8],
  ['snapshot', 14],
  ['collage', 8],
];

/** How many of the good pictures have a twin with this flaw. */
const TWINS: readonly (readonly [Flaw, count: number])[] = [
  ['blurred', 12],
  ['flat', 10],
  ['overexposed', 8],
  ['underexposed', 8],
  ['grey', 8],
  ['noisy', 10],
  ['crushed', 10],
  ['tiny', 8],
  ['stamped', 18],
];

const SIZES: readonly (readonly [width: number, height: number])[] = [
  [640, 480],
  [640, 427],
  [600, 450],
  [480, 600],
  [512, 512],
  [672, 378],
];

const TWIN_SIZES: readonly (readonly [width: number, height: number])[] = [
  [480, 360],
  [480, 320],
  [400, 400],
  [360, 480],
];

const EXTENSIONS = { jpeg: 'jpg', png: 'png', webp: 'webp' } as const;

/** Scores that sit exactly on the thresholds that LAION's subsets use: not below them, so not kept. */
const ON_THRESHOLD = { punsafe: 0.5, pwatermark: 0.8 } as const;

function punsafe(random: Random): number | null {
  const chance = random.next();
  if (chance < 0.04) return null;
  if (chance < 0.055) return ON_THRESHOLD.punsafe;
  if (chance < 0.085) return round(random.between(0.52, 0.97));
  return round(0.0004 + 0.32 * random.next() ** 5);
}

function pwatermark(random: Random, isStamped: boolean): number | null {
  const chance = random.next();
  if (chance < 0.04) return null;
  if (chance < 0.06) return ON_THRESHOLD.pwatermark;
  return isStamped ? round(random.between(0.83, 0.99)) : round(0.01 + 0.7 * random.next() ** 3);
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

interface Wish {
  readonly scene: SceneName;
  readonly number: number;
  readonly expected: Picture['expected'];
  readonly flaw?: Flaw;
}

/** Scene and number decide what is painted, so a twin shows what its sound sister shows. */
function pictureFor({ scene, number, expected, flaw }: Wish, random: Random): Picture {
  const [width, height] = random.pick(flaw ? TWIN_SIZES : SIZES);
  const format = formatOf(scene, flaw, random);
  const name = `${scene}${flaw ? `-${flaw}` : ''}-${String(number).padStart(2, '0')}`;
  return {
    path: `/pictures/${name}.${EXTENSIONS[format]}`,
    scene,
    seed: Math.imul(number + 1, 7919) + scene.length * 104729,
    width,
    height,
    ...(flaw ? { flaw } : {}),
    format,
    caption: random.chance(0.03) ? null : random.pick(CAPTIONS[scene]),
    punsafe: punsafe(random),
    pwatermark: pwatermark(random, flaw === 'stamped'),
    expected,
  };
}

function formatOf(scene: SceneName, flaw: Flaw | undefined, random: Random): Picture['format'] {
  if (flaw) return 'jpeg';
  if (scene === 'screenshot' || scene === 'chart' || scene === 'solid')
    return random.chance(0.6) ? 'png' : 'webp';
  return random.chance(0.15) ? 'webp' : 'jpeg';
}

function buildCatalogue(): readonly Picture[] {
  const random = new Random(20220816);
  const wishes: Wish[] = [];
  for (const [scene, count] of GOOD) {
    for (let number = 0; number < count; number++) wishes.push({ scene, number, expected: 'good' });
  }
  const good = [...wishes];
  for (const [scene, count] of PLAIN) {
    const expected = scene === 'solid' || scene === 'snapshot' ? 'poor' : 'plain';
    for (let number = 0; number < count; number++) wishes.push({ scene, number, expected });
  }
  let twin = 0;
  for (const [flaw, count] of TWINS) {
    // A step that shares no factor with the number of good pictures visits each before any comes again.
    for (let i = 0; i < count; i++)
      wishes.push({ ...good[(twin++ * 37) % good.length]!, flaw, expected: 'poor' });
  }
  return wishes.map((wish) => pictureFor(wish, random));
}

/** All pictures of the demo, each at a path of its own. */
export const CATALOGUE: readonly Picture[] = buildCatalogue();
