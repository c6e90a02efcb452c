import type { ImageTransform } from '../models/manifest.ts';

/** A usual way to prepare images wrongly for a model. */
export interface Mistake {
  /** Its name for scripts. */
  readonly change: string;
  /** The same for a person, after "fits": "with red and blue exchanged". */
  readonly words: string;
  readonly transform: ImageTransform;
  /** Whether channels come as BGR. */
  readonly isSwapped?: boolean;
}

type Triple = ImageTransform['mean'];

const same = (value: number): Triple => [value, value, value];

/** openai/CLIP, clip.py; torchvision's models; transformers' SigLIP. */
const KNOWN_NORMALISATIONS: readonly (readonly [change: string, words: string, mean: Triple, std: Triple])[] =
  [
    [
      'clip_mean',
      "with CLIP's mean and std",
      [0.48145466, 0.4578275, 0.40821073],
      [0.26862954, 0.26130258, 0.27577711],
    ],
    ['imagenet_mean', "with ImageNet's mean and std", [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]],
    ['half_mean', 'with a mean and std of 0.5', same(0.5), same(0.5)],
    ['no_normalisation', 'without mean and std', same(0), same(1)],
  ];

const FULL = 255;

/** The mistakes that can be made with a transform: what it has already is none. */
export function mistakesOf(transform: ImageTransform): Mistake[] {
  return [
    { change: 'bgr', words: 'with red and blue exchanged', transform, isSwapped: true },
    ...exchangedWithMeans(transform),
    ...otherNormalisations(transform),
    ...otherCrops(transform),
    otherFilter(transform),
  ];
}

/** Libraries of BGR pictures have a mean and std for each colour, in the order of theirs. */
function exchangedWithMeans(transform: ImageTransform): Mistake[] {
  const reversed = ([r, g, b]: Triple): Triple => [b, g, r];
  const [mean, std] = [reversed(transform.mean), reversed(transform.std)];
  if (isNear(mean, transform.mean) && isNear(std, transform.std)) return [];
  return [
    {
      change: 'bgr_by_colour',
      words: 'with red and blue exchanged, each with its own mean and std',
      transform: { ...transform, mean, std },
      isSwapped: true,
    },
  ];
}

function otherNormalisations(transform: ImageTransform): Mistake[] {
  const { mean, std } = transform;
  const known = KNOWN_NORMALISATIONS.filter(
    ([, , otherMean, otherStd]) => !isNear(otherMean, mean) || !isNear(otherStd, std),
  ).map(([change, words, otherMean, otherStd]) => ({
    change,
    words,
    transform: { ...transform, mean: otherMean, std: otherStd },
  }));
  // (x - mean) / std of x from 0 to 255 is ((x / 255) - mean / 255) / (std / 255).
  const share = ([r, g, b]: Triple): Triple => [r / FULL, g / FULL, b / FULL];
  const undivided = { ...transform, mean: share(mean), std: share(std) };
  return [
    ...known,
    { change: 'not_divided', words: 'with pixels from 0 to 255 that are not divided', transform: undivided },
  ];
}

function isNear(a: Triple, b: Triple): boolean {
  return a.every((value, i) => Math.abs(value - b[i]!) < 1e-6);
}

/** What most models resize to before they crop 224 pixels: 256. */
const USUAL_MARGIN = 256 / 224;

function otherCrops({ shortSidePx, ...transform }: ImageTransform): Mistake[] {
  const { sizePx } = transform;
  const short = { ...transform, resize: 'short-side' } as const;
  const exactly: Mistake = {
    change: 'crop',
    words: 'resized by the short side and cropped',
    transform: short,
  };
  const larger: Mistake = {
    change: 'crop_of_larger',
    words: `resized by the short side to ${Math.round(sizePx * USUAL_MARGIN)} pixels and cropped`,
    transform: { ...short, shortSidePx: Math.round(sizePx * USUAL_MARGIN) },
  };
  const squash: Mistake = {
    change: 'squash',
    words: 'squashed, not cropped',
    transform: { ...transform, resize: 'squash' },
  };
  if (transform.resize === 'squash') return [exactly, larger];
  return [squash, shortSidePx === undefined || shortSidePx === sizePx ? larger : exactly];
}

function otherFilter(transform: ImageTransform): Mistake {
  const interpolation = transform.interpolation === 'bicubic' ? 'bilinear' : 'bicubic';
  return {
    change: interpolation,
    words: `resized by the ${interpolation} filter`,
    transform: { ...transform, interpolation },
  };
}
