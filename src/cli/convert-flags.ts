import { basename, resolve } from 'node:path';
import { ACTIVATIONS, type ActivationName } from '../models/convert/activation.ts';
import type { ConversionSpec } from '../models/convert/spec.ts';
import type { ImageTransform } from '../models/manifest.ts';
import { type FlagTable, type FlagValues, usageError, whereGiven } from './flags.ts';
import { SCORE_STATEMENT_FLAGS, statedScore } from './score-statement-flags.ts';
import { variantFlags, variantOf } from './variant-flags.ts';

/** The flags of `bowerbird models convert`. */
export const CONVERT_FLAGS: FlagTable = {
  to: {
    group: 'Output:',
    type: 'string',
    required: true,
    describe: 'Folder for the model: model.onnx, model.onnx.data and model.json',
  },
  name: {
    group: 'Output:',
    type: 'string',
    describe:
      "The model's name, by which heads know the encoder that they were trained on; the folder's name",
  },
  golden: {
    group: 'Output:',
    type: 'string',
    describe:
      "Rows that the model's own library gives for the golden pictures, for the manifest (docs/models.md)",
  },
  ...variantFlags('Output:'),
  activation: {
    group: 'Weights:',
    type: 'string',
    choices: ACTIVATIONS,
    describe: 'What the model was trained with, where no config beside the weights says it',
  },
  'attention-heads': {
    group: 'Weights:',
    type: 'integer',
    min: 1,
    describe: 'Attention heads of each block, where neither a config nor the width tells',
  },
  'input-size': {
    group: 'Images:',
    type: 'integer',
    min: 1,
    max: 8192,
    describe: 'Side of the images that the model takes, in pixels; that which it was trained with',
  },
  transform: {
    group: 'Images:',
    type: 'string',
    choices: ['short-side', 'squash'],
    describe:
      '`short-side`: resized by the short side and cropped; `squash`: both sides resized; as the config or the family has it',
  },
  'resize-size': {
    group: 'Images:',
    type: 'integer',
    min: 1,
    max: 8192,
    describe: 'Of `short-side`: the short side before the crop, in pixels',
  },
  interpolation: {
    group: 'Images:',
    type: 'string',
    choices: ['bicubic', 'bilinear'],
    describe: 'The filter of the resize; as the config or the family has it',
  },
  ...SCORE_STATEMENT_FLAGS,
  json: { group: 'Report:', type: 'boolean', default: false, describe: 'Print the result as JSON' },
};

/** The spec that the flags ask for. @throws BowerbirdError BB_USAGE for a folder without a name */
export function conversionSpec(values: FlagValues): ConversionSpec {
  const name = (values['name'] as string | undefined) ?? basename(resolve(values['to'] as string));
  if (name === '') throw usageError('--name is empty. Name the model, so that heads can know it.');
  const score = statedScore(values);
  const transform: Partial<ImageTransform> = {
    ...whereGiven(values, 'sizePx', 'input-size'),
    ...whereGiven(values, 'resize', 'transform'),
    ...whereGiven(values, 'shortSidePx', 'resize-size'),
    ...whereGiven(values, 'interpolation', 'interpolation'),
  };
  return {
    name,
    ...variantOf(values),
    transform,
    ...(values['activation'] === undefined ? {} : { activation: values['activation'] as ActivationName }),
    ...whereGiven(values, 'heads', 'attention-heads'),
    ...(score && { score }),
  };
}
