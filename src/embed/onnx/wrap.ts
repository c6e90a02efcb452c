import { BowerbirdError, messageOf } from '../../base/errors.ts';
import type { EncoderManifest } from '../../models/manifest.ts';
import {
  ElementType,
  GRAPH_FIELDS,
  MODEL_FIELDS,
  type ModelSummary,
  summarizeModel,
  type TensorInfo,
} from '../../models/onnx/model-summary.ts';
import { type FileField, OnnxFile } from '../../models/onnx/onnx-file.ts';
import { checkInterface, graphError } from './interface.ts';
import { floatTensor, int64Tensor, nodeMessage, type TensorData, valueMessage } from './messages.ts';
import { lengthField, lengthPrefix, type Message, message, messageBytes } from './protobuf-writer.ts';

/** A model with the preprocessing and the normalisation inside, ready for a session. */
export interface WrappedModel {
  /** ModelProto: uint8 [batch, size, size, 3] in, float32 [batch, dimension] of unit rows out. */
  readonly bytes: Buffer;
  readonly inputName: string;
  readonly outputName: string;
  /** The only batch size that the model takes; undefined where it takes any. */
  readonly fixedBatch: number | undefined;
  readonly hasFloat16: boolean;
  readonly hasExternalData: boolean;
}

/** Rows with a smaller norm are left near zero, so that they cannot pass for an embedding. */
const SMALLEST_NORM = 1e-12;

/** From opset 18 on, ReduceL2 takes its axes as an input (onnx Operators.md). */
const AXES_AS_INPUT_OPSET = 18;

/**
 * Puts CLIP's arithmetic around a vision model: the pixels are transposed to NCHW, cast and normalised
 * as `(x / 255 - mean) / std` (torchvision's ToTensor and Normalize), and the chosen output is divided by its
 * L2 norm. A row of zeros stays zeros. The model's own bytes are copied untouched: only its input and outputs
 * are taken out of the graph's signature.
 *
 * @throws BowerbirdError BB_MODEL_GRAPH
 */
export function wrapModel(path: string, manifest: EncoderManifest): WrappedModel {
  const file = openModel(path);
  try {
    const summary = summarizeModel(file);
    return assemble(file, summary, path, manifest);
  } catch (thrown) {
    if (thrown instanceof BowerbirdError) throw thrown;
    throw graphError(path, `it cannot be read as ONNX: ${messageOf(thrown)}`);
  } finally {
    file.close();
  }
}

function openModel(path: string): OnnxFile {
  try {
    return new OnnxFile(path);
  } catch (thrown) {
    throw graphError(path, `it cannot be opened: ${messageOf(thrown)}`);
  }
}

function assemble(
  file: OnnxFile,
  summary: ModelSummary,
  path: string,
  manifest: EncoderManifest,
): WrappedModel {
  const { input, output, opset, fixedBatch } = checkInterface(summary, path, manifest);
  const names = freshNames(summary.tensorNames);
  const prefix = preprocessing(input, names, manifest);
  const suffix = normalisation(output, names, opset);
  const batch = fixedBatch ?? names('batch');
  const signature = message(
    lengthField(
      GRAPH_FIELDS.input,
      valueMessage(names('pixels'), ElementType.uint8, [batch, manifest.inputSize, manifest.inputSize, 3]),
    ),
    lengthField(
      GRAPH_FIELDS.output,
      valueMessage(names('embedding'), ElementType.float32, [batch, manifest.dimension]),
    ),
  );
  const kept = [...file.fields(summary.graph)].filter((field) => !isSignature(file, field, input.name));
  return {
    bytes: join(file, summary.graph, prefix, kept, message(suffix, signature)),
    inputName: names('pixels'),
    outputName: names('embedding'),
    fixedBatch,
    hasFloat16: summary.hasFloat16,
    hasExternalData: summary.externalFiles.length > 0,
  };
}

/** All outputs go, and the input that is fed; inputs that only declare a weight (IR version 3) stay. */
function isSignature(file: OnnxFile, field: FileField, inputName: string): boolean {
  if (field.number === GRAPH_FIELDS.output) return true;
  if (field.number !== GRAPH_FIELDS.input) return false;
  for (const part of file.fields(field)) if (part.number === 1) return file.text(part) === inputName;
  return false;
}

/** Names for our tensors that no tensor of the model has. */
function freshNames(taken: ReadonlySet<string>): (word: string) => string {
  let prefix = 'bowerbird_';
  while ([...taken].some((name) => name.startsWith(prefix))) prefix += '_';
  return (word) => prefix + word;
}

type Name = (word: string) => string;

function node(...parameters: Parameters<typeof nodeMessage>): Message {
  return lengthField(GRAPH_FIELDS.node, nodeMessage(...parameters));
}

/** Constants are nodes: before IR version 4 an initialiser would have to be declared as an input too. */
function constant(name: string, tensor: TensorData): Message {
  return node('Constant', [], [name], { value: { tensor } });
}

/** The transposition comes first, while a pixel is one byte. */
function preprocessing(input: TensorInfo, name: Name, { mean, std }: EncoderManifest): Message {
  const half = input.elementType === ElementType.float16;
  const normalised = half ? name('normalised') : input.name;
  return message(
    constant(name('full'), floatTensor([255], [])),
    constant(name('mean'), floatTensor(mean, [1, 3, 1, 1])),
    constant(name('std'), floatTensor(std, [1, 3, 1, 1])),
    node('Transpose', [name('pixels')], [name('planes')], { perm: { ints: [0, 3, 1, 2] } }),
    node('Cast', [name('planes')], [name('float')], { to: { int: ElementType.float32 } }),
    node('Div', [name('float'), name('full')], [name('unit')]),
    node('Sub', [name('unit'), name('mean')], [name('centred')]),
    node('Div', [name('centred'), name('std')], [normalised]),
    half ? node('Cast', [normalised], [input.name], { to: { int: ElementType.float16 } }) : [],
  );
}

function normalisation(output: TensorInfo, name: Name, opset: number): Message {
  const axesAsInput = opset >= AXES_AS_INPUT_OPSET;
  const norm = axesAsInput
    ? node('ReduceL2', [name('raw'), name('axes')], [name('norm')], { keepdims: { int: 1 } })
    : node('ReduceL2', [name('raw')], [name('norm')], { axes: { ints: [1] }, keepdims: { int: 1 } });
  return message(
    constant(name('smallest'), floatTensor([SMALLEST_NORM], [])),
    axesAsInput ? constant(name('axes'), int64Tensor([1])) : [],
    node('Cast', [output.name], [name('raw')], { to: { int: ElementType.float32 } }),
    norm,
    node('Max', [name('norm'), name('smallest')], [name('divisor')]),
    node('Div', [name('raw'), name('divisor')], [name('embedding')]),
  );
}

/** The model again, with the new graph in place of the old; each weight is read straight to its place. */
function join(
  file: OnnxFile,
  graph: FileField,
  prefix: Message,
  kept: readonly FileField[],
  suffix: Message,
): Buffer {
  const others = [...file.fields()].filter((field) => field.number !== MODEL_FIELDS.graph);
  const keptBytes = kept.reduce((sum, field) => sum + field.end - field.start, 0);
  const head = lengthPrefix(graph.number, messageBytes(prefix) + keptBytes + messageBytes(suffix));
  const pieces = [...others, head, ...prefix, ...kept, ...suffix];
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
