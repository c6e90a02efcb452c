import { fromFloat16Bits } from '../../base/float16.ts';
import { ElementType, GRAPH_FIELDS } from './model-summary.ts';
import type { FileField, OnnxFile } from './onnx-file.ts';

/** A node of a graph, and where it lies in its file. */
export interface GraphNode {
  readonly field: FileField;
  /** As in the standard, or `domain::Operator` of another set. */
  readonly operator: string;
  /** One that is left out is ''. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Each attribute's message, by its name. */
  readonly attributes: ReadonlyMap<string, FileField>;
}

/** NodeProto and AttributeProto (onnx.proto). */
const NODE_FIELDS = { input: 1, output: 2, operator: 4, attribute: 5, domain: 7 };
const ATTRIBUTE_FIELDS = { name: 1, float: 2, text: 4, tensor: 5 };
/** TensorProto: where its values may stand. float16 stands in `int32Data` as its bits. */
const TENSOR_FIELDS = { dataType: 2, floatData: 4, int32Data: 5, name: 8, rawData: 9, float64Data: 10 };

/** The nodes of a graph in their order; those in the bodies of If and Loop are left out. */
export function graphNodes(file: OnnxFile, graph: FileField): GraphNode[] {
  return [...file.fields(graph)]
    .filter(({ number }) => number === GRAPH_FIELDS.node)
    .map((field) => readNode(file, field));
}

function readNode(file: OnnxFile, field: FileField): GraphNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, FileField>();
  let type = '';
  let domain = '';
  for (const part of file.fields(field)) {
    if (part.number === NODE_FIELDS.input) inputs.push(file.text(part));
    if (part.number === NODE_FIELDS.output) outputs.push(file.text(part));
    if (part.number === NODE_FIELDS.operator) type = file.text(part);
    if (part.number === NODE_FIELDS.domain) domain = file.text(part);
    if (part.number === NODE_FIELDS.attribute)
      attributes.set(partText(file, part, ATTRIBUTE_FIELDS.name) ?? '', part);
  }
  const isStandard = domain === '' || domain === 'ai.onnx';
  return { field, operator: isStandard ? type : `${domain}::${type}`, inputs, outputs, attributes };
}

/** A text attribute of a node. */
export function textAttribute(file: OnnxFile, { attributes }: GraphNode, name: string): string | undefined {
  const attribute = attributes.get(name);
  return attribute && partText(file, attribute, ATTRIBUTE_FIELDS.text);
}

/** A number among the attributes of a node. */
export function floatAttribute(file: OnnxFile, { attributes }: GraphNode, name: string): number | undefined {
  const attribute = attributes.get(name);
  const float = attribute && partOf(file, attribute, ATTRIBUTE_FIELDS.float);
  return float && file.bytes(float).readFloatLE();
}

/** The constants of a graph that are one number, by name. Those that lie in another file are not among them. */
export function scalarConstants(
  file: OnnxFile,
  graph: FileField,
  nodes: readonly GraphNode[],
): Map<string, number> {
  const found = new Map<string, number>();
  const note = (name: string | undefined, value: number | undefined): void => {
    if (name !== undefined && value !== undefined) found.set(name, value);
  };
  for (const field of file.fields(graph)) {
    if (field.number !== GRAPH_FIELDS.initializer) continue;
    note(partText(file, field, TENSOR_FIELDS.name), tensorScalar(file, field));
  }
  for (const node of nodes) {
    if (node.operator !== 'Constant') continue;
    const value = node.attributes.get('value');
    const tensor = value && partOf(file, value, ATTRIBUTE_FIELDS.tensor);
    note(node.outputs[0], tensor ? tensorScalar(file, tensor) : floatAttribute(file, node, 'value_float'));
  }
  return found;
}

/** How the bytes of one number are read, by element type. */
const READERS: Readonly<Record<number, { readonly bytes: number; readonly read: (raw: Buffer) => number }>> =
  {
    [ElementType.float32]: { bytes: 4, read: (raw) => raw.readFloatLE() },
    [ElementType.float64]: { bytes: 8, read: (raw) => raw.readDoubleLE() },
    [ElementType.int64]: { bytes: 8, read: (raw) => Number(raw.readBigInt64LE()) },
    [ElementType.float16]: { bytes: 2, read: (raw) => half(raw.readUInt16LE()) },
  };

/** The value of a tensor that holds one number of a known type. */
function tensorScalar(file: OnnxFile, tensor: FileField): number | undefined {
  const reader = READERS[partOf(file, tensor, TENSOR_FIELDS.dataType)?.value ?? 0];
  const values = [TENSOR_FIELDS.rawData, TENSOR_FIELDS.floatData, TENSOR_FIELDS.float64Data]
    .map((number) => partOf(file, tensor, number))
    .find((part) => part !== undefined);
  if (reader && values && values.end - values.bodyStart === reader.bytes)
    return reader.read(file.bytes(values));
  const bits = partOf(file, tensor, TENSOR_FIELDS.int32Data);
  return bits?.wireType === 0 && reader === READERS[ElementType.float16] ? half(bits.value) : undefined;
}

function half(bits: number): number {
  return fromFloat16Bits(Uint16Array.of(bits))[0]!;
}

function partOf(file: OnnxFile, within: FileField, number: number): FileField | undefined {
  for (const part of file.fields(within)) if (part.number === number) return part;
  return undefined;
}

function partText(file: OnnxFile, within: FileField, number: number): string | undefined {
  const part = partOf(file, within, number);
  return part && file.text(part);
}
