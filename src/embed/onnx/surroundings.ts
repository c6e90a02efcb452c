import type { ImageTransform } from '../../models/manifest.ts';
import { floatTensor, int64Tensor, nodeMessage, type TensorData } from '../../models/onnx/messages.ts';
import { ElementType, GRAPH_FIELDS, type TensorInfo } from '../../models/onnx/model-summary.ts';
import { lengthField, type Message, message } from '../../models/onnx/protobuf-writer.ts';
import type { RowKind } from '../spec.ts';

/** Rows with a smaller norm are left near zero, so that they cannot pass for an embedding. */
const SMALLEST_NORM = 1e-12;

/** From opset 18 on, ReduceL2 takes its axes as an input (onnx Operators.md). */
const AXES_AS_INPUT_OPSET = 18;

/** Names for tensors of ours, each with its word in it. */
export type Name = (word: string) => string;

function node(...parameters: Parameters<typeof nodeMessage>): Message {
  return lengthField(GRAPH_FIELDS.node, nodeMessage(...parameters));
}

/** Constants are nodes: before IR version 4 an initialiser would have to be declared as an input too. */
function constant(name: string, tensor: TensorData): Message {
  return node('Constant', [], [name], { value: { tensor } });
}

/**
 * What stands before a model: the pixels are transposed to NCHW, cast and normalised as `(x / 255 - mean) / std`
 * (torchvision's ToTensor and Normalize). The transposition comes first, while a pixel is one byte.
 */
export function preprocessing(input: TensorInfo, name: Name, { mean, std }: ImageTransform): Message {
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

/** What the end of a graph is made with. */
interface EndingTools {
  /** The model's output, [batch, width]. */
  readonly output: TensorInfo;
  /** Version of the standard operators that the model uses. */
  readonly opset: number;
  readonly name: Name;
}

const ENDINGS: Readonly<Record<RowKind, (tools: EndingTools) => Message>> = {
  embedding: unitRows,
  plain: ({ output, name }) => toFloat32(output.name, name('rows')),
};

/** What stands behind a model: it makes the tensor `rows` of the chosen output. */
export function rowEnding(kind: RowKind, tools: EndingTools): Message {
  return ENDINGS[kind](tools);
}

/** Each row divided by its L2 norm. A row of zeros stays zeros. */
function unitRows({ output, opset, name }: EndingTools): Message {
  const axesAsInput = opset >= AXES_AS_INPUT_OPSET;
  const norm = axesAsInput
    ? node('ReduceL2', [name('raw'), name('axes')], [name('norm')], { keepdims: { int: 1 } })
    : node('ReduceL2', [name('raw')], [name('norm')], { axes: { ints: [1] }, keepdims: { int: 1 } });
  return message(
    constant(name('smallest'), floatTensor([SMALLEST_NORM], [])),
    axesAsInput ? constant(name('axes'), int64Tensor([1])) : [],
    toFloat32(output.name, name('raw')),
    norm,
    node('Max', [name('norm'), name('smallest')], [name('divisor')]),
    node('Div', [name('raw'), name('divisor')], [name('rows')]),
  );
}

function toFloat32(from: string, to: string): Message {
  return node('Cast', [from], [to], { to: { int: ElementType.float32 } });
}
