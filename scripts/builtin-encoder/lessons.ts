import { Random } from '../random.ts';
import { blur } from './blur.ts';
import { compress } from './compress.ts';
import { addNoise, desaturate, expose, flatten, stamp } from './faults.ts';
import { closeUp, flow, hills, stems } from './natural-scenes.ts';
import { finish, type Picture } from './picture.ts';
import { noisePicture, plainPicture, scene, textPage } from './scenes.ts';

/** A picture and the score that the head is to give it. */
export interface Lesson {
  readonly name: string;
  readonly pixels: Uint8Array;
  /** 0 to 10. */
  readonly target: number;
}

/** A good picture without fault. */
const GOOD = 9;

/** Scores of pictures that are no photographs. */
const TARGETS = { text: 2, plain: 1.5, noise: 0.5 } as const;

/** Side of a picture when it was compressed, in pixels: at more, its blocks vanish when it is resized. */
const STORED_SIDE = [224, 480] as const;

interface Fault {
  readonly name: string;
  /** What share of the score it takes away at full strength. */
  readonly cost: number;
  /** `strength` is 0..1. */
  readonly apply: (picture: Picture, strength: number, seed: number) => Picture;
}

const FAULTS: readonly Fault[] = [
  { name: 'blurred', cost: 0.75, apply: (picture, strength) => blur(picture, 0.4 + 4 * strength) },
  { name: 'noisy', cost: 0.75, apply: (picture, strength, seed) => addNoise(picture, 0.25 * strength, seed) },
  { name: 'grey', cost: 0.35, apply: (picture, strength) => desaturate(picture, strength) },
  { name: 'over-exposed', cost: 0.7, apply: (picture, strength) => expose(picture, 1 + 2.5 * strength) },
  { name: 'under-exposed', cost: 0.6, apply: (picture, strength) => expose(picture, 1 - 0.85 * strength) },
  { name: 'flat', cost: 0.65, apply: (picture, strength) => flatten(picture, 1 - 0.85 * strength) },
  {
    name: 'compressed',
    cost: 0.75,
    apply: (picture, strength, seed) => {
      const side = Math.floor(new Random(seed).between(...STORED_SIDE));
      return compress(picture, 4 + 18 * (1 - strength) ** 2, side);
    },
  },
  {
    name: 'stamped',
    cost: 0.5,
    apply: (picture, strength, seed) => stamp(picture, 0.3 + 0.5 * strength, seed),
  },
];

/** Blur and noise are seen long before they are at full strength. */
const EARLY = 0.6;

const PAINTERS: readonly ((random: Random, number: number) => Picture)[] = [
  scene,
  hills,
  scene,
  stems,
  scene,
  flow,
  scene,
  closeUp,
];

/** Scenes that are shown without fault and with each. */
const SCENES = 32;
/** More scenes without fault, which would else be one in nine. */
const SOUND_SCENES = 32;
const OTHERS = 10;

/**
 * The pictures that the head learns from, all made from one seed: good scenes; some of them with every fault;
 * text pages, plain pictures, noise.
 */
export function* lessons(seed: number): Generator<Lesson> {
  for (let i = 0; i < SCENES + SOUND_SCENES; i++) {
    const random = new Random(seed + i);
    const picture = PAINTERS[i % PAINTERS.length]!(random, i >> 1);
    yield { name: 'good', pixels: finish(picture), target: GOOD };
    if (i >= SCENES) continue;
    for (const { name, cost, apply } of FAULTS) {
      const strength = random.between(0.08, 1);
      const pixels = finish(apply(picture, strength, seed + i));
      yield { name, pixels, target: GOOD * (1 - cost * strength ** EARLY) };
    }
  }
  const random = new Random(seed - 1);
  for (let i = 0; i < OTHERS; i++) {
    yield { name: 'text', pixels: finish(textPage(random)), target: TARGETS.text };
    yield { name: 'plain', pixels: finish(plainPicture(random)), target: TARGETS.plain };
    yield { name: 'noise', pixels: finish(noisePicture(random)), target: TARGETS.noise };
  }
}
