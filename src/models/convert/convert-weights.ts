import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BowerbirdError, messageOf } from '../../base/errors.ts';
import { fileSystem } from '../../base/file-system.ts';
import { writing } from '../../base/files.ts';
import { OutputPlace } from '../../base/output-place.ts';
import { weightsRefused } from '../../weights/errors.ts';
import { type OpenWeights, openWeights } from '../../weights/open-weights.ts';
import { hashFile } from '../digest.ts';
import { goldenError, goldenProblem } from '../golden.ts';
import { manifestText, type ScoreStatement } from '../manifest.ts';
import { readConfigs } from './config.ts';
import { recogniseFamily } from './families/all.ts';
import type { ImageNetwork } from './family.ts';
import { NamedTensors } from './named-tensors.ts';
import { type ConversionSpec, PLAIN_VARIANT } from './spec.ts';
import { settledScore } from './stated-score.ts';
import { VisionGraph } from './vision-graph.ts';
import { WeightPlan } from './weight-plan.ts';

/** The files of a converted model. The manifest lies where `resolveEncoder` looks for it first. */
const MODEL_FILE = 'model.onnx';
const WEIGHTS_FILE = 'model.onnx.data';
const MANIFEST_FILE = 'model.json';

/** What became of weights. */
export interface ConvertedModel {
  readonly modelPath: string;
  /** The family, as it is told to a person. */
  readonly family: string;
  /** Its kind and sizes, likewise. */
  readonly title: string;
  readonly dimension: number;
  /** Of a classifier of which it is known: which of its values is a score. */
  readonly score?: ScoreStatement;
  readonly parameters: number;
  /** sha256 in hex of the model's bytes and those of its weights. */
  readonly digest: string;
}

/** What a conversion tells while it works, and what can stop it. */
export interface ConversionHooks {
  readonly onProgress?: (writtenBytes: number, allBytes: number) => void;
  /** Its reason is thrown where it is aborted; nothing is left then. */
  readonly signal?: AbortSignal;
}

/**
 * Turns weights into an ONNX model with its manifest, without executing anything of them: the family is known by the names of
 * the tensors, sizes by their shapes, and what shapes do not tell by the configs beside them or by the caller. The same weights
 * give the same bytes. Memory holds the largest weight, in the file's format and in the model's, and not the model.
 *
 * @param source a safetensors file, a state dict of torch.save, an index of several files, or a folder with one of these
 * @param destination a folder; it is made, or gets the model added in one step
 * @throws WeightsError BB_WEIGHTS_UNREADABLE, BB_WEIGHTS_REFUSED, BB_WEIGHTS_UNKNOWN, BB_WEIGHTS_UNSTATED
 * @throws BowerbirdError BB_MODEL_GOLDEN, BB_OUTPUT_EXISTS, BB_OUTPUT_FOLDER, BB_DISK_FULL, BB_SHARD_WRITE
 */
export async function convertWeights(
  source: string,
  spec: ConversionSpec,
  destination: string,
  hooks: ConversionHooks = {},
): Promise<ConvertedModel> {
  const weights = openWeights(source);
  try {
    const drawn = drawModel(weights, spec);
    const place = await OutputPlace.take(destination, { flag: '--to' });
    try {
      refuseTaken(place.path);
      await place.clear();
      const digest = await writeModel(place.files, weights, drawn, hooks);
      await place.publish([], MODEL_FILE);
      const { family, network, score, plan } = drawn;
      const { title, dimension } = network;
      const modelPath = join(place.path, MODEL_FILE);
      const parameters = plan.valueCount;
      return { modelPath, family, title, dimension, ...(score && { score }), parameters, digest };
    } finally {
      await place.release();
    }
  } finally {
    weights.close();
  }
}

/** A model that only has to be written. */
interface DrawnModel {
  readonly family: string;
  readonly network: ImageNetwork;
  readonly score: ScoreStatement | undefined;
  readonly plan: WeightPlan;
  /** The bytes of the ONNX file. */
  readonly graph: Buffer;
  readonly spec: ConversionSpec;
}

function drawModel({ path, tensors }: OpenWeights, spec: ConversionSpec): DrawnModel {
  const named = new NamedTensors(path, tensors);
  const family = recogniseFamily(named);
  const network = family.read({ tensors: named, config: readConfigs(path), stated: spec });
  const score = settledScore(path, network, spec.score);
  refuseGoldenOfOthers(spec, network.dimension);
  const { precision, operators } = { ...PLAIN_VARIANT, ...spec };
  const plan = new WeightPlan(WEIGHTS_FILE, precision);
  const graph = new VisionGraph('image_model', plan, operators);
  const pixels = graph.pixels(network.transform.sizePx);
  graph.rows(network.draw(graph, pixels), network.output, network.dimension);
  named.refuseLeftOver(family.name, network.ignores);
  return {
    family: family.name,
    network,
    score,
    plan,
    graph: Buffer.concat(graph.finish(network.title)),
    spec,
  };
}

function refuseGoldenOfOthers({ golden, name }: ConversionSpec, dimension: number): void {
  const problem = golden && goldenProblem(golden, dimension);
  if (problem !== undefined) throw goldenError(`for ${name}`, problem);
}

function refuseTaken(folder: string): void {
  const path = [MODEL_FILE, WEIGHTS_FILE, MANIFEST_FILE]
    .map((name) => join(folder, name))
    .find((file) => existsSync(file));
  if (path === undefined) return;
  throw new BowerbirdError(
    'BB_OUTPUT_EXISTS',
    `${path} exists already. Choose another folder, or remove the model that is there.`,
    { fields: { path } },
  );
}

/** Writes graph, weights and manifest; gives the digest of the first two. */
async function writeModel(
  folder: string,
  weights: OpenWeights,
  { plan, graph, network, score, spec }: DrawnModel,
  { onProgress, signal }: ConversionHooks,
): Promise<string> {
  const hash = createHash('sha256').update(graph);
  let written = 0;
  await writeFile(folder, MODEL_FILE, [graph]);
  await writeFile(folder, WEIGHTS_FILE, plan.pieces(), (piece) => {
    signal?.throwIfAborted();
    hash.update(piece);
    written += piece.byteLength;
    onProgress?.(written, plan.sizeBytes);
  }).catch((thrown: unknown) => {
    throw thrown instanceof RangeError ? weightsRefused(weights.path, messageOf(thrown), thrown) : thrown;
  });
  const sha256 = hash.digest('hex');
  const { output, dimension, transform, title } = network;
  const manifest = manifestText({
    name: spec.name,
    description: spec.description ?? title,
    ...(network.isClassifier ? { kind: 'classifier' } : {}),
    ...(score ? { score } : {}),
    transform,
    dimension,
    output,
    sha256,
    convertedFrom: {
      sha256: await digestOf(weights),
      ...(network.activation ? { activation: network.activation } : {}),
      precision: spec.precision ?? PLAIN_VARIANT.precision,
      operators: spec.operators ?? PLAIN_VARIANT.operators,
    },
    ...(spec.golden ? { golden: spec.golden } : {}),
  });
  await writeFile(folder, MANIFEST_FILE, [Buffer.from(manifest)]);
  return sha256;
}

async function writeFile(
  folder: string,
  name: string,
  pieces: Iterable<Uint8Array>,
  onPiece?: (piece: Uint8Array) => void,
): Promise<void> {
  const path = join(folder, name);
  await writing(path, async () => {
    const file = await fileSystem().open(path, 'wx');
    try {
      for (const piece of pieces) {
        await file.writeFile(piece);
        onPiece?.(piece);
      }
    } finally {
      await file.close();
    }
  });
}

/** sha256 in hex of the files of weights, one after the other. */
async function digestOf({ files }: OpenWeights): Promise<string> {
  const hash = createHash('sha256');
  for (const { path } of files) await hashFile(hash, path);
  return hash.digest('hex');
}
