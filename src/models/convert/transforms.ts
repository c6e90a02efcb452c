import { WeightsError } from '../../weights/errors.ts';
import type { ImageTransform } from '../manifest.ts';
import type { Known } from './family.ts';
import { differingFact, toldFact } from './transform-facts.ts';

type Triple = readonly [number, number, number];

/** openai/CLIP, clip.py, _transform. */
export const CLIP_COLOURS: { readonly mean: Triple; readonly std: Triple } = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

/** torchvision's models (its docs, "ImageNet"). */
export const IMAGENET_COLOURS: { readonly mean: Triple; readonly std: Triple } = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/** SiglipImageProcessor's image_mean and image_std. */
export const HALF_COLOURS: { readonly mean: Triple; readonly std: Triple } = {
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
};

/** The side of the images that are wanted, where somebody says it. */
export function wantedSizePx({ config, stated }: Known): number | undefined {
  return stated.transform?.sizePx ?? config.transform?.sizePx;
}

/**
 * How images are prepared: what is stated, what the config says, and for the rest what is usual in the family.
 *
 * @throws WeightsError BB_WEIGHTS_UNSTATED where these do not fit each other
 */
export function transformOf(known: Known, usual: ImageTransform): ImageTransform {
  refuseDisagreement(known);
  const { tensors, config, stated } = known;
  const merged = { ...usual, ...config.transform, ...stated.transform, sizePx: usual.sizePx };
  const { shortSidePx = merged.sizePx, ...rest } = merged;
  if (merged.resize === 'squash' || shortSidePx === merged.sizePx) return rest;
  if (shortSidePx > merged.sizePx) return { ...rest, shortSidePx };
  throw new WeightsError(
    'BB_WEIGHTS_UNSTATED',
    `${tensors.path}: images are to be resized to a short side of ${shortSidePx} pixels and cropped to ${merged.sizePx}, which is more. ` +
      'State both sides, with --input-size and --resize-size.',
    { fields: { path: tensors.path, shortSidePx, sizePx: merged.sizePx } },
  );
}

/** Of the sides, the stated one goes: a model can take other images than it was trained with, and these have a short side of their own. */
function refuseDisagreement({ tensors: { path }, config, stated }: Known): void {
  const { sizePx, shortSidePx, ...rest } = stated.transform ?? {};
  const said = config.transform ?? {};
  const isOtherSide = sizePx !== undefined && said.sizePx !== undefined && sizePx !== said.sizePx;
  const told = isOtherSide || shortSidePx === undefined ? rest : { ...rest, shortSidePx };
  const fact = differingFact(told, said);
  if (!fact) return;
  throw new WeightsError(
    'BB_WEIGHTS_UNSTATED',
    `${path}: what is stated of its images is ${toldFact(told, fact)}, but a config beside it says ${toldFact(said, fact)}. ` +
      'Leave out what states it, or correct the config.',
    { fields: { path, fact } },
  );
}
