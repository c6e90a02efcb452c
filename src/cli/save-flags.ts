import {
  ENCODE_FORMATS,
  type EncodeFormat,
  RESIZE_MODES,
  type ResizeMode,
  type SaveOptions,
} from '../decode/save-options.ts';
import type { SavedImagesConfig } from '../pipeline/config.ts';
import { OUTPUT_FORMATS, type OutputFormat, type SavedRows } from '../saved/settings.ts';
import { type FlagTable, type FlagValues, usageError } from './flags.ts';

const NONE = 'none';

/** What images are encoded with where nothing is said: img2dataset's 95, and zlib's own choice of PNG. */
const DEFAULT_QUALITY: Readonly<Record<EncodeFormat, number>> = { jpg: 95, png: 6, webp: 95 };
const MAX_QUALITY: Readonly<Record<EncodeFormat, number>> = { jpg: 100, png: 9, webp: 100 };
const DEFAULT_SIZE_PX = 256;

/** Whether images are saved, and how, in img2dataset's names. */
export function saveFlags(group: string): FlagTable {
  return {
    'save-images': {
      group,
      type: 'string',
      choices: ['kept', 'scored', NONE],
      default: NONE,
      describe:
        'Also save the images of these rows in images/, as img2dataset lays them out (docs/saved-images.md)',
    },
    'output-format': {
      group,
      type: 'string',
      choices: OUTPUT_FORMATS,
      describe: 'With --save-images: tar archives (webdataset, the default), files, or a Parquet column',
    },
    'resize-mode': {
      group,
      type: 'string',
      choices: RESIZE_MODES,
      describe:
        'With --save-images: how images are resized; `no` encodes them anew. Not given, files are saved as they came',
    },
    'image-size': {
      group,
      type: 'integer',
      min: 1,
      max: 16_383,
      describe: `With --resize-mode: the side that images are brought to, in pixels; ${DEFAULT_SIZE_PX} if not given`,
    },
    'resize-only-if-bigger': {
      group,
      type: 'boolean',
      default: false,
      describe: 'With --resize-mode: leave smaller images as large as they are',
    },
    'encode-format': {
      group,
      type: 'string',
      choices: ENCODE_FORMATS,
      describe: 'With --resize-mode: what images are encoded as; jpg if not given',
    },
    'encode-quality': {
      group,
      type: 'integer',
      min: 0,
      max: 100,
      describe:
        'With --resize-mode: 1 to 100 of jpg and webp (95 if not given), 0 to 9 of png (compression; 6)',
    },
    'skip-reencode': {
      group,
      type: 'boolean',
      default: false,
      describe: 'With --resize-mode: keep the bytes of files that have the format and need no other change',
    },
    'disable-all-reencoding': {
      group,
      type: 'boolean',
      default: false,
      describe:
        'With --save-images: save files as they came, which is also what happens without --resize-mode',
    },
  };
}

/** Flags that say how images are made anew. */
const REMAKING = ['image-size', 'resize-only-if-bigger', 'encode-format', 'encode-quality', 'skip-reencode'];

/** The same as a run takes them; undefined where no images are saved. @throws BowerbirdError BB_USAGE */
export function savedImages(values: FlagValues): SavedImagesConfig | undefined {
  const rows = values['save-images'] as SavedRows | typeof NONE;
  if (rows === NONE) {
    refuse(values, ['output-format', 'resize-mode', 'disable-all-reencoding', ...REMAKING], '--save-images');
    return undefined;
  }
  const remade = remadeImages(values);
  const outputFormat = (values['output-format'] as OutputFormat | undefined) ?? 'webdataset';
  const imageColumn = remade?.format ?? 'jpg';
  return { settings: { rows, outputFormat, imageColumn }, ...(remade && { remade }) };
}

function remadeImages(values: FlagValues): SaveOptions | undefined {
  const resizeMode = values['resize-mode'] as ResizeMode | undefined;
  if (resizeMode === undefined) {
    refuse(values, REMAKING, '--resize-mode');
    return undefined;
  }
  if (values['disable-all-reencoding'])
    throw usageError(
      '--disable-all-reencoding saves files as they came, and --resize-mode does not. Leave one out.',
    );
  const format = (values['encode-format'] as EncodeFormat | undefined) ?? 'jpg';
  return {
    resizeMode,
    sizePx: (values['image-size'] as number | undefined) ?? DEFAULT_SIZE_PX,
    onlyIfBigger: values['resize-only-if-bigger'] as boolean,
    format,
    quality: qualityOf(values['encode-quality'] as number | undefined, format),
    skipReencode: values['skip-reencode'] as boolean,
  };
}

function qualityOf(given: number | undefined, format: EncodeFormat): number {
  const quality = given ?? DEFAULT_QUALITY[format];
  const least = format === 'png' ? 0 : 1;
  if (quality >= least && quality <= MAX_QUALITY[format]) return quality;
  throw usageError(`--encode-quality of ${format} is ${least} to ${MAX_QUALITY[format]}, not ${quality}.`);
}

function refuse(values: FlagValues, names: readonly string[], needed: string): void {
  const given = names.find((name) => values[name] !== undefined && values[name] !== false);
  if (given)
    throw usageError(`--${given} does nothing without ${needed}. Give that, or leave --${given} out.`);
}
