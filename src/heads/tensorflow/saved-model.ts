import { quote } from '../../base/quote.ts';
import { bytesInMemory } from '../../weights/byte-source.ts';
import { ZipArchive } from '../../weights/zip-archive.ts';
import type { CategoricalColumns } from '../categories.ts';
import type { Layer, OutputActivation } from '../layers.ts';
import { LIMITS } from '../limits.ts';
import { Checkpoint } from './checkpoint.ts';
import { readColumns } from './columns.ts';
import { beforeCast, unexpected } from './constants.ts';
import { Graph, type Signature } from './graph.ts';
import { readNetwork } from './network.ts';
import { outermostScope, trace, type Value } from './trace.ts';
import { Vocabularies } from './vocabularies.ts';

/** A network that a SavedModel is. */
export interface SavedNetwork {
  readonly layers: readonly Layer[];
  readonly output: OutputActivation;
  readonly columns: CategoricalColumns;
}

const GRAPH_NAME = 'saved_model.pb';
const SIGNATURE = 'serving_default';

/**
 * Reads a zip archive of a SavedModel (https://www.tensorflow.org/guide/saved_model): the graph in saved_model.pb, the weights
 * in variables/. The graph is compared with what AutoKeras's classifiers and plain dense networks look like; it is never
 * run, and nothing is unpacked to a disk.
 *
 * @throws RangeError saying what the archive lacks, or which operation of its graph no such network has
 */
export function readSavedModel(file: Buffer): SavedNetwork {
  const archive = new ZipArchive(bytesInMemory(file), LIMITS);
  const root = findRoot(archive);
  const graph = new Graph(readPart(archive, root + GRAPH_NAME, LIMITS.graphBytes));
  const checkpoint = new Checkpoint(
    readPart(archive, `${root}variables/variables.index`, LIMITS.checkpointIndexBytes),
    readPart(archive, `${root}variables/variables.data-00000-of-00001`, LIMITS.fileBytes),
  );
  const { inputs, outputs } = oneInputAndOutput(graph.signature(SIGNATURE));
  const output = trace({ scope: outermostScope(graph), name: outputs[0]! });
  const { layers, output: activation, features } = readNetwork(output, checkpoint);
  const { embedding, columns } = readColumns(features, layers[0]!.inputs, new Vocabularies(graph));
  checkEmbedding(embedding, inputs[0]!);
  return { layers, output: activation, columns };
}

/** The folder in the archive that holds the model: the archive's own, or one with any name. */
function findRoot({ names }: ZipArchive): string {
  const graphs = [...names].filter((name) => name === GRAPH_NAME || name.endsWith(`/${GRAPH_NAME}`));
  if (graphs.length !== 1)
    throw new RangeError(`it is no SavedModel: it must have one ${GRAPH_NAME}, and has ${graphs.length}`);
  return graphs[0]!.slice(0, -GRAPH_NAME.length);
}

function readPart(archive: ZipArchive, name: string, maxBytes: number): Buffer {
  const content = archive.unpack(name, maxBytes);
  if (!content) throw new RangeError(`it is no SavedModel: ${quote(name)} is missing`);
  return content;
}

function oneInputAndOutput(signature: Signature | undefined): Signature {
  if (!signature) throw new RangeError(`its graph has no signature ${SIGNATURE}`);
  if (signature.inputs.length !== 1 || signature.outputs.length !== 1)
    throw new RangeError(`its signature ${SIGNATURE} must take one tensor and give one`);
  return signature;
}

/** Keras's models cast what they are given to float32 first. */
function checkEmbedding(value: Value, input: string): void {
  const given = beforeCast(value);
  if (given.node.op !== 'Placeholder')
    throw unexpected(given.node.op, given.node.name, 'a dense layer, ReLU or its input');
  if (given.node.name !== input.split(':')[0])
    throw new RangeError(`its network starts from ${quote(given.node.name)}, not from its signature's input`);
}
