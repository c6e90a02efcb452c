import type { FileField, OnnxFile } from './onnx-file.ts';

/** The element types of ONNX's TensorProto that matter here (onnx.proto, TensorProto.DataType). */
export const ElementType = { float32: 1, uint8: 2, int64: 7, float16: 10, float64: 11 } as const;

/** Field numbers of onnx.proto. */
export const MODEL_FIELDS = { irVersion: 1, graph: 7, opsetImport: 8 } as const;
export const GRAPH_FIELDS = { node: 1, initializer: 5, input: 11, output: 12 } as const;
const TENSOR_FIELDS = { dims: 1, dataType: 2, name: 8, externalData: 13 };

/** Kernels of a convolution of pictures are [channels it gives, channels it takes, height, width] (onnx Operators.md, Conv). */
const KERNEL_RANK = 4;

/** An input or output of a graph: its shape has numbers, names of free dimensions, or undefined. */
export interface TensorInfo {
  readonly name: string;
  readonly elementType: number;
  readonly shape: readonly (number | string | undefined)[] | undefined;
}

/** What has to be known about a model before it is wrapped. */
export interface ModelSummary {
  readonly irVersion: number;
  /** Version of the standard operator set; undefined where the model imports none. */
  readonly opset: number | undefined;
  readonly graph: FileField;
  /** Inputs that must be fed: those without an initialiser. */
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Names of all weights and of what the nodes make, bodies of If and Loop included. */
  readonly tensorNames: ReadonlySet<string>;
  /** Whether any weight, input or output is float16. */
  readonly hasFloat16: boolean;
  /**
   * The most channels that a convolution of pictures can give, by the first dimension of all weights that have four; 0 where there is
   * none, Infinity where it was not read.
   */
  readonly mostKernels: number;
  /** Files beside the model that hold weights, relative to its folder, in order of appearance. */
  readonly externalFiles: readonly string[];
}

interface Tensors {
  readonly names: Set<string>;
  readonly files: Set<string>;
  hasFloat16: boolean;
  mostKernels: number;
}

/**
 * Reads a model's interface and the names of its external weight files, without reading the weights.
 *
 * @throws Error where the file is no ONNX model
 */
export function summarizeModel(file: OnnxFile): ModelSummary {
  let irVersion = 0;
  let opset: number | undefined;
  let graph: FileField | undefined;
  for (const field of file.fields()) {
    if (field.number === MODEL_FIELDS.irVersion) irVersion = field.value;
    if (field.number === MODEL_FIELDS.graph && field.wireType === 2) graph = field;
    if (field.number === MODEL_FIELDS.opsetImport) opset = standardOpset(file, field) ?? opset;
  }
  if (!graph) throw new Error('the file holds no graph');
  const tensors: Tensors = { names: new Set(), files: new Set(), hasFloat16: false, mostKernels: 0 };
  readGraphTensors(file, graph, tensors);
  const inputs = readValues(file, graph, GRAPH_FIELDS.input).filter(({ name }) => !tensors.names.has(name));
  const outputs = readValues(file, graph, GRAPH_FIELDS.output);
  const hasFloat16 =
    tensors.hasFloat16 || [...inputs, ...outputs].some((v) => v.elementType === ElementType.float16);
  const { names: tensorNames, mostKernels } = tensors;
  const externalFiles = [...tensors.files];
  return { irVersion, opset, graph, inputs, outputs, tensorNames, hasFloat16, mostKernels, externalFiles };
}

/** OperatorSetIdProto: domain 1, version 2; the standard domain is "" or "ai.onnx". */
function standardOpset(file: OnnxFile, field: FileField): number | undefined {
  let domain = '';
  let version = 0;
  for (const part of file.fields(field)) {
    if (part.number === 1) domain = file.text(part);
    if (part.number === 2) version = part.value;
  }
  return domain === '' || domain === 'ai.onnx' ? version : undefined;
}

function readGraphTensors(file: OnnxFile, graph: FileField, found: Tensors): void {
  for (const field of file.fields(graph)) {
    if (field.number === GRAPH_FIELDS.initializer) readTensor(file, field, found);
    if (field.number === GRAPH_FIELDS.node) readNodeTensors(file, field, found);
  }
}

/** NodeProto: output 2, attribute 5; AttributeProto holds a tensor in 5 and a graph in 6 (the bodies of If and Loop). */
function readNodeTensors(file: OnnxFile, node: FileField, found: Tensors): void {
  for (const attribute of file.fields(node)) {
    if (attribute.number === 2) found.names.add(file.text(attribute));
    if (attribute.number !== 5) continue;
    for (const part of file.fields(attribute)) {
      if (part.number === 5 && part.wireType === 2) readTensor(file, part, found);
      if (part.number === 6 && part.wireType === 2) readGraphTensors(file, part, found);
    }
  }
}

function readTensor(file: OnnxFile, tensor: FileField, found: Tensors): void {
  const dimensions: number[] = [];
  for (const field of file.fields(tensor)) {
    // One by one, as the standard's own library writes them; those of other writers may be packed into one field.
    if (field.number === TENSOR_FIELDS.dims) dimensions.push(field.wireType === 0 ? field.value : Infinity);
    if (field.number === TENSOR_FIELDS.name) found.names.add(file.text(field));
    if (field.number === TENSOR_FIELDS.dataType && field.value === ElementType.float16)
      found.hasFloat16 = true;
    if (field.number === TENSOR_FIELDS.externalData) {
      const [key, value] = readPair(file, field);
      if (key === 'location') found.files.add(value);
    }
  }
  const [kernels = 0] = dimensions;
  if (dimensions.length === KERNEL_RANK || kernels === Infinity)
    found.mostKernels = Math.max(found.mostKernels, kernels);
}

/** StringStringEntryProto: key 1, value 2. */
function readPair(file: OnnxFile, field: FileField): [key: string, value: string] {
  let key = '';
  let value = '';
  for (const part of file.fields(field)) {
    if (part.number === 1) key = file.text(part);
    if (part.number === 2) value = file.text(part);
  }
  return [key, value];
}

function readValues(file: OnnxFile, graph: FileField, number: number): TensorInfo[] {
  return [...file.fields(graph)]
    .filter((field) => field.number === number)
    .map((field) => readValue(file, field));
}

/** ValueInfoProto: name 1, type 2; TypeProto.tensor_type 1; Tensor: elem_type 1, shape 2. */
function readValue(file: OnnxFile, value: FileField): TensorInfo {
  let name = '';
  let elementType = 0;
  let shape: TensorInfo['shape'];
  for (const field of file.fields(value)) {
    if (field.number === 1) name = file.text(field);
    if (field.number !== 2) continue;
    for (const type of file.fields(field)) {
      if (type.number !== 1) continue;
      for (const part of file.fields(type)) {
        if (part.number === 1) elementType = part.value;
        if (part.number === 2) shape = readShape(file, part);
      }
    }
  }
  return { name, elementType, shape };
}

/** TensorShapeProto.dim 1, each with dim_value 1 or dim_param 2. */
function readShape(file: OnnxFile, shape: FileField): (number | string | undefined)[] {
  return [...file.fields(shape)].map((dimension) => {
    for (const part of file.fields(dimension)) {
      if (part.number === 1) return part.value;
      if (part.number === 2) return file.text(part);
    }
    return undefined;
  });
}
