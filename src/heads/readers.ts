import { basename, dirname, extname, join } from 'node:path';
import { bytesInMemory } from '../weights/byte-source.ts';
import { readSafetensors } from '../weights/safetensors.ts';
import { readTorchCheckpoint } from '../weights/torch-checkpoint.ts';
import type { CategoricalColumns } from './categories.ts';
import { type HeadClaims, readClaims, readMetadataClaims } from './claims.ts';
import { refused } from './errors.ts';
import type { HeadFiles } from './head-file.ts';
import { readJsonHead } from './json-head.ts';
import { AUTOKERAS_CLASSIFIER, type KnownNetwork } from './known-layouts.ts';
import type { Activation, Layer, OutputActivation } from './layers.ts';
import { LIMITS } from './limits.ts';
import { readNpy } from './npy-file.ts';
import { type NamedLayers, readStateDict } from './state-dict.ts';
import { readTensors } from './tensor.ts';
import { readSavedModel } from './tensorflow/saved-model.ts';

/** A head file's content, whatever its format. */
export interface HeadContent {
  readonly layers: readonly Layer[];
  readonly claims: HeadClaims;
  /** The published network that it has the layers of; a claim goes before what is known of it. */
  readonly layout?: KnownNetwork;
  /** What follows the last layer, where the file itself says it. */
  readonly output?: OutputActivation;
  /** Columns whose values are looked up in vocabularies before the first layer. */
  readonly columns?: CategoricalColumns;
}

type Reader = (path: string, files: HeadFiles) => Promise<HeadContent>;

/** One reader per kind of file, by the ending of its name. */
const READERS: Readonly<Record<string, Reader>> = {
  '.pth': readPth,
  '.pt': readPth,
  '.npy': readNpyPair,
  '.safetensors': readSafetensorsHead,
  '.zip': readSavedModelHead,
  '.json': async (path, files) => readJsonHead(await files.read(path, LIMITS.jsonBytes)),
};

const OTHER_KERAS_ENDINGS: readonly string[] = ['.pb', '.h5', '.keras', '.tf'];

/**
 * Reads a head file with what its manifest says.
 *
 * @throws HeadError BB_HEAD_UNREADABLE, BB_HEAD_REFUSED
 * @throws RangeError or SyntaxError where the content is malformed
 */
export function readHeadContent(path: string, files: HeadFiles): Promise<HeadContent> {
  const ending = extname(path).toLowerCase();
  if (OTHER_KERAS_ENDINGS.includes(ending)) {
    throw refused(
      path,
      'of TensorFlow and Keras, a SavedModel alone is read: its folder, with saved_model.pb and variables, as one .zip ' +
        '(docs/heads.md)',
    );
  }
  const reader = Object.hasOwn(READERS, ending) ? READERS[ending] : undefined;
  if (!reader) {
    throw refused(
      path,
      `its name must end in ${Object.keys(READERS).join(', ')}, so that its format is known`,
    );
  }
  return reader(path, files);
}

async function readPth(path: string, files: HeadFiles): Promise<HeadContent> {
  const file = bytesInMemory(await files.read(path, LIMITS.fileBytes));
  const named = readStateDict(readTensors(readTorchCheckpoint(file, LIMITS)));
  return withActivations(named, await readManifest(path, files));
}

async function readSafetensorsHead(path: string, files: HeadFiles): Promise<HeadContent> {
  const file = bytesInMemory(await files.read(path, LIMITS.fileBytes));
  const { tensors, metadata } = readSafetensors(file, LIMITS);
  const claims = readMetadataClaims(metadata) ?? (await readManifest(path, files));
  return withActivations(readStateDict(readTensors(tensors)), claims);
}

/** numpy has one array per file: the bias lies beside the weights, `<name>.bias.npy`. */
async function readNpyPair(path: string, files: HeadFiles): Promise<HeadContent> {
  const weights = readNpy(await files.read(path, LIMITS.fileBytes));
  const [first, inputs] = weights.shape.length === 1 ? [1, weights.shape[0]] : weights.shape;
  if (weights.shape.length > 2 || first !== 1 || inputs === undefined) {
    throw new RangeError('its shape is neither (d,) nor (1, d)');
  }
  const biasPath = join(dirname(path), `${basename(path, extname(path))}.bias.npy`);
  const bias = await files.readIfPresent(biasPath, LIMITS.fileBytes);
  if (!bias) throw refused(path, `its bias is missing; save it as ${biasPath}, a zero where there is none`);
  const layer = {
    inputs,
    outputs: 1,
    weights: weights.data,
    bias: readNpy(bias).data,
  };
  return withActivations({ layers: [layer], layout: undefined }, await readManifest(path, files));
}

/** A graph says what lies between its layers and behind them, so that the manifest has nothing to say of it. */
async function readSavedModelHead(path: string, files: HeadFiles): Promise<HeadContent> {
  const { layers, output, columns } = readSavedModel(await files.read(path, LIMITS.fileBytes));
  const claims = await readManifest(path, files);
  if (claims.hiddenActivation !== undefined || (claims.outputActivation ?? output) !== output) {
    throw refused(
      path,
      `its manifest states activations, but its graph has them itself and ends with ${output}; leave them out`,
    );
  }
  return {
    layers,
    claims,
    output,
    ...(columns.size > 0 && { columns, layout: AUTOKERAS_CLASSIFIER }),
  };
}

async function readManifest(path: string, files: HeadFiles): Promise<HeadClaims> {
  const manifestPath = `${path}.json`;
  const content = await files.readIfPresent(manifestPath, LIMITS.manifestBytes);
  if (!content) return {};
  try {
    return readClaims(JSON.parse(content.toString('utf8')));
  } catch (thrown) {
    throw refused(path, `its manifest ${manifestPath} cannot be used: ${(thrown as Error).message}`, thrown);
  }
}

function withActivations({ layers, layout }: NamedLayers, claims: HeadClaims): HeadContent {
  const between = activationsBetween(layers.length - 1, claims.hiddenActivation ?? layout?.between);
  const last = layers.length - 1;
  return {
    layers: layers.map((layer, i) => ({ ...layer, activation: i < last ? between[i]! : 'none' })),
    claims,
    ...(layout && { layout }),
  };
}

/** One activation per gap between two layers. */
function activationsBetween(gaps: number, stated: HeadClaims['hiddenActivation']): readonly Activation[] {
  if (gaps <= 0 && typeof stated !== 'object') return [];
  if (stated === undefined) {
    throw new RangeError(
      'its weights do not say whether ReLU lies between its layers, and their names and shapes are those of no ' +
        'head that is known; state "hidden_activation": "relu", "silu", "none", or a list with one of them for each of its ' +
        `${gaps} gaps in a manifest beside it, <head file>.json (docs/heads.md)`,
    );
  }
  const between = typeof stated === 'string' ? new Array<Activation>(gaps).fill(stated) : stated;
  if (between.length === Math.max(gaps, 0)) return between;
  throw new RangeError(
    `"hidden_activation" lists ${between.length} activations, but it has ${gaps} gaps between its layers`,
  );
}
