import { availableParallelism } from 'node:os';
import { downloadFlags } from './download-flags.ts';
import type { FlagTable } from './flags.ts';
import { imageFactsFlags } from './image-facts-flags.ts';
import { imageFlags } from './image-flags.ts';
import { libraryFlags } from './models-flags.ts';
import { retryFlags } from './retry-flags.ts';
import { saveFlags } from './save-flags.ts';
import { SLICE_FLAGS } from './slice-flags.ts';
import { textFlags } from './text-flags.ts';
import { variantFlags } from './variant-flags.ts';

const INPUT = 'Input:';
const MODELS = 'Encoder and heads:';
const FILTER = 'Filter:';
const DOWNLOAD = 'Download:';
const DECODE = 'Images:';
const OUTPUT = 'Output:';
const MACHINE = 'Machine:';

/** Flags whose models and heads may also be at URLs. */
export const MODEL_URLS: readonly string[] = [
  'clip-model',
  'aesthetic-head',
  'nsfw-head',
  'watermark-model',
  'extra-head',
];

/** The flags of `bowerbird score`: img2dataset's and clip-retrieval's names where those have one. */
export const SCORE_FLAGS: FlagTable = {
  'url-list': {
    group: INPUT,
    type: 'list',
    describe: "Inputs, as img2dataset names them; the same as the command's arguments",
  },
  'input-format': {
    group: INPUT,
    type: 'string',
    choices: [
      'parquet',
      'csv',
      'tsv',
      'json',
      'jsonl',
      'txt',
      'images',
      'webdataset',
      'parquet-images',
      'embeddings',
    ],
    describe:
      'Format of the inputs, where their names do not tell; `images`, `webdataset`, `parquet-images`: images in files (docs/inputs.md); `embeddings`: stored embeddings (docs/rescoring.md)',
  },
  ...textFlags(INPUT),
  'url-col': { group: INPUT, type: 'string', describe: "Column of URLs; found by LAION's and COYO's names" },
  'caption-col': { group: INPUT, type: 'string', describe: 'Column of captions; found likewise' },
  'hash-col': {
    group: INPUT,
    type: 'string',
    describe: 'Column of int64 hashes; computed from URL and caption where there is none',
  },
  'image-col': {
    group: INPUT,
    type: 'string',
    describe: 'Column of images in Parquet inputs; found by its name or type (docs/inputs.md)',
  },
  'number-sample-per-shard': {
    group: INPUT,
    type: 'integer',
    min: 1,
    max: 1_000_000,
    default: 10_000,
    describe: 'Rows of one shard: what is committed, and redone after a kill',
  },
  'embedding-col': {
    group: INPUT,
    type: 'string',
    describe: 'With stored embeddings in Parquet: their column; found by its name or type',
  },
  'skip-bad-files': {
    group: INPUT,
    type: 'boolean',
    default: false,
    describe:
      'Pass over files that cannot be read, and count them; rows that a damaged file has lost end as input_unreadable',
  },
  'clip-model': {
    group: MODELS,
    type: 'string',
    default: 'builtin',
    describe:
      '`builtin` (photographic measures, not CLIP), a name (`bowerbird models list`), or a path: of weights (.safetensors, .bin, .pt or a folder), which are converted, or of an ONNX with its manifest beside it',
  },
  'aesthetic-head': {
    group: MODELS,
    type: 'string',
    default: 'auto',
    describe:
      'Head for the aesthetic score: a name, a file (.pth, .npy, .safetensors, .zip, .json), `auto` (the one that comes with the encoder) or `none`',
  },
  'nsfw-head': {
    group: MODELS,
    type: 'string',
    default: 'none',
    describe:
      'What gives punsafe, where a row has none: a head (a name or a file), an image model (.onnx or a folder) or `none`',
  },
  'watermark-model': {
    group: MODELS,
    type: 'string',
    default: 'none',
    describe:
      'What gives pwatermark, where a row has none: a head (a name or a file), an image model (.onnx or a folder) or `none`',
  },
  'recompute-tags': {
    group: MODELS,
    type: 'boolean',
    default: false,
    describe: "Put the heads' punsafe and pwatermark in the place of the input's own",
  },
  'extra-head': {
    group: MODELS,
    type: 'list',
    describe: 'With stored embeddings: further heads, each NAME=FILE, whose scores fill a column NAME',
  },
  'mixed-provenance': {
    group: MODELS,
    type: 'boolean',
    default: false,
    describe: 'With stored embeddings: take those of different encoders, or tags of different models, as one',
  },
  ...libraryFlags(MODELS),
  ...variantFlags(MODELS),
  normalize: {
    group: MODELS,
    type: 'boolean',
    default: false,
    describe: 'With stored embeddings: bring each to length 1 before it is scored',
  },
  device: {
    group: MODELS,
    type: 'string',
    choices: ['auto', 'cpu', 'cuda', 'tensorrt', 'webgpu'],
    default: 'auto',
    describe: 'Where the encoder runs; all but `auto` fail when they cannot',
  },
  'batch-size': {
    group: MODELS,
    type: 'integer',
    min: 1,
    max: 4096,
    describe: 'Images in one batch of the encoder; 32, of the built-in one 8',
  },
  'tag-batch-size': {
    group: MODELS,
    type: 'integer',
    min: 1,
    max: 4096,
    default: 32,
    describe: 'Images in one batch of an image model that gives a tag',
  },
  'allow-batch-dependence': {
    group: MODELS,
    type: 'boolean',
    default: false,
    describe: 'Go on with an encoder whose results depend on the batch',
  },
  transform: {
    group: MODELS,
    type: 'string',
    choices: ['exact', 'fast'],
    default: 'exact',
    describe: '`exact`: the pixels that CLIP saw in training; `fast`: close to them, recorded, never mixed',
  },
  'min-aesthetic': { group: FILTER, type: 'number', describe: 'Keep rows with aesthetic > this' },
  'max-punsafe': {
    group: FILTER,
    type: 'number',
    describe: 'Keep rows with punsafe < this; 0.5 where there is such a column or head',
  },
  'max-pwatermark': {
    group: FILTER,
    type: 'number',
    describe: 'Keep rows with pwatermark < this; 0.8 where there is such a column or head',
  },
  'missing-tags': {
    group: FILTER,
    type: 'string',
    choices: ['drop', 'keep'],
    default: 'drop',
    describe: 'What a rule says of a row without its tag; counted either way',
  },
  ...downloadFlags(DOWNLOAD),
  ...imageFlags(DECODE),
  ...imageFactsFlags(DECODE),
  'output-folder': {
    group: OUTPUT,
    type: 'string',
    required: true,
    describe: 'Run folder (docs/formats.md)',
  },
  'save-embeddings': {
    group: OUTPUT,
    type: 'boolean',
    default: false,
    describe: 'Also write img_emb/*.npy and metadata/*.parquet',
  },
  'save-consent': {
    group: OUTPUT,
    type: 'boolean',
    default: false,
    describe: 'Also write consent/*.parquet: what hosts say of the use of each image, obeyed or not',
  },
  ...saveFlags(OUTPUT),
  'scores-only': {
    group: OUTPUT,
    type: 'boolean',
    default: false,
    describe: "With stored embeddings: leave the metadata's columns out of the tags",
  },
  'incremental-mode': {
    group: OUTPUT,
    type: 'string',
    choices: ['incremental', 'overwrite', 'extend'],
    default: 'incremental',
    describe: 'What to do with an existing run folder: go on, start over, or add new inputs',
  },
  ...retryFlags(OUTPUT),
  'processes-count': {
    group: MACHINE,
    type: 'integer',
    min: 1,
    max: 512,
    default: Math.max(1, availableParallelism() - 1),
    describe: 'Decoder processes',
  },
  'encoder-threads': {
    group: MACHINE,
    type: 'integer',
    min: 1,
    max: 512,
    default: Math.max(1, Math.ceil(availableParallelism() / 2)),
    describe: 'CPU threads of the encoder',
  },
  'encoder-timeout': {
    group: MACHINE,
    type: 'integer',
    min: 1,
    max: 86_400,
    default: 600,
    describe: 'Seconds for loading the encoder; the most that a batch may take',
  },
  'score-threads': {
    group: MACHINE,
    type: 'integer',
    min: 1,
    max: 512,
    default: availableParallelism(),
    describe: 'With stored embeddings: threads that score',
  },
  'memory-mb': {
    group: MACHINE,
    type: 'integer',
    min: 64,
    max: 1_048_576,
    default: 1024,
    describe: 'Memory for reading and writing Parquet',
  },
  'max-mb-in-flight': {
    group: MACHINE,
    type: 'integer',
    min: 1,
    max: 1_048_576,
    default: 256,
    describe: 'Downloaded images in memory, in all',
  },
  ...SLICE_FLAGS,
  json: { group: MACHINE, type: 'boolean', default: false, describe: 'Print the result as one JSON object' },
};
