import { findActivations, replacedActivations } from '../../models/onnx/activations.ts';
import { type Dimension, valueMessage } from '../../models/onnx/messages.ts';
import {
  ElementType,
  GRAPH_FIELDS,
  MODEL_FIELDS,
  type ModelSummary,
} from '../../models/onnx/model-summary.ts';
import type { FileField, OnnxFile } from '../../models/onnx/onnx-file.ts';
import {
  lengthField,
  lengthPrefix,
  type Message,
  message,
  messageBytes,
} from '../../models/onnx/protobuf-writer.ts';
import type { ImageModelSpec } from '../spec.ts';
import { checkInterface, readModel } from './interface.ts';
import { type Name, preprocessing, rowEnding } from './surroundings.ts';

/** A model with the preprocessing, and what is made of its rows, inside; ready for a session. */
export interface WrappedModel {
  /** ModelProto: uint8 [batch, sizePx, sizePx, 3] in, float32 [batch, width] out. */
  readonly bytes: Buffer;
  readonly inputName: string;
  readonly outputName: string;
  /** The only batch size that the model takes; undefined where it takes any. */
  readonly fixedBatch: number | undefined;
  readonly hasFloat16: boolean;
  /** Of `ModelSummary`. */
  readonly mostKernels: number;
  readonly hasExternalData: boolean;
}

/**
 * Puts the arithmetic of its spec around an image model, before it and behind it (see surroundings.ts). The model's
 * own bytes are copied untouched: only its input and outputs are taken out of the graph's signature. Where the spec
 * names an activation, that stands in the place of the model's own.
 *
 * @throws BowerbirdError BB_MODEL_GRAPH
 */
export function wrapModel(spec: ImageModelSpec): WrappedModel {
  return readModel(spec.modelPath, (file, summary) => assemble(file, summary, spec));
}

function assemble(file: OnnxFile, summary: ModelSummary, spec: ImageModelSpec): WrappedModel {
  const { input, output, opset, fixedBatch } = checkInterface(summary, spec);
  const names = freshNames(summary.tensorNames);
  const before = preprocessing(input, names, spec.transform);
  const behind = rowEnding(spec.rows, { output, opset, name: names });
  const signature = signatureOf(spec, names, fixedBatch ?? names('batch'));
  const replaced = replacedNodes(file, summary, spec, names);
  const kept = [...file.fields(summary.graph)]
    .filter((field) => !isSignature(file, field, input.name))
    .flatMap<Uint8Array | FileField>((field) => replaced.get(field.start) ?? [field]);
  return {
    bytes: join(file, summary.graph, { before, kept, behind: message(behind, signature) }),
    inputName: names('pixels'),
    outputName: names('rows'),
    fixedBatch,
    hasFloat16: summary.hasFloat16,
    mostKernels: summary.mostKernels,
    hasExternalData: summary.externalFiles.length > 0,
  };
}

/** What the spec would have in the place of nodes of the model, by their offsets. */
function replacedNodes(
  file: OnnxFile,
  { graph }: ModelSummary,
  { activation }: ImageModelSpec,
  names: Name,
): ReadonlyMap<number, Message> {
  if (activation === undefined) return new Map();
  return replacedActivations(findActivations(file, graph), activation, names);
}

function signatureOf({ transform, width }: ImageModelSpec, name: Name, batch: Dimension): Message {
  const { sizePx } = transform;
  const pixels = valueMessage(name('pixels'), ElementType.uint8, [batch, sizePx, sizePx, 3]);
  const rows = valueMessage(name('rows'), ElementType.float32, [batch, width]);
  return message(lengthField(GRAPH_FIELDS.input, pixels), lengthField(GRAPH_FIELDS.output, rows));
}

/** All outputs go, and the input that is fed; inputs that only declare a weight (IR version 3) stay. */
function isSignature(file: OnnxFile, field: FileField, inputName: string): boolean {
  if (field.number === GRAPH_FIELDS.output) return true;
  if (field.number !== GRAPH_FIELDS.input) return false;
  for (const part of file.fields(field)) if (part.number === 1) return file.text(part) === inputName;
  return false;
}

/** Names for our tensors that no tensor of the model has. */
function freshNames(taken: ReadonlySet<string>): Name {
  let prefix = 'bowerbird_';
  while ([...taken].some((name) => name.startsWith(prefix))) prefix += '_';
  return (word) => prefix + word;
}

/** A graph's fields in their new order. */
interface GraphParts {
  readonly before: Message;
  /** Fields of the model's own graph, and what stands in the place of some. */
  readonly kept: readonly (Uint8Array | FileField)[];
  readonly behind: Message;
}

/** The model again, with the new graph in place of the old; each weight is read straight to its place. */
function join(file: OnnxFile, graph: FileField, { before, kept, behind }: GraphParts): Buffer {
  const others = [...file.fields()].filter((field) => field.number !== MODEL_FIELDS.graph);
  const keptBytes = kept.reduce((sum, piece) => sum + pieceBytes(piece), 0);
  const head = lengthPrefix(graph.number, messageBytes(before) + keptBytes + messageBytes(behind));
  const pieces = [...others, head, ...before, ...kept, ...behind];
  const bytes = Buffer.allocUnsafeSlow(pieces.reduce((sum, piece) => sum + pieceBytes(piece), 0));
  let offset = 0;
  for (const piece of pieces) {
    const target = bytes.subarray(offset, offset + pieceBytes(piece));
    if (piece instanceof Uint8Array) target.set(piece);
    else file.readInto(target, piece.start);
    offset += target.length;
  }
  return bytes;
}

function pieceBytes(piece: Uint8Array | FileField): number {
  return piece instanceof Uint8Array ? piece.byteLength : piece.end - piece.start;
}
