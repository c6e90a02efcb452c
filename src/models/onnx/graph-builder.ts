import {
  type Attributes,
  type Dimension,
  nodeMessage,
  sequenceMessage,
  splitOperator,
  type TensorData,
  tensorMessage,
  valueMessage,
} from './messages.ts';
import { GRAPH_FIELDS, MODEL_FIELDS } from './model-summary.ts';
import { lengthField, type Message, message, varintField } from './protobuf-writer.ts';

/** What stands around a graph in its file. */
export interface ModelHeader {
  readonly irVersion: number;
  /** Version of the standard operator set that the nodes are written for. */
  readonly opset: number;
  readonly description: string;
}

const PRODUCER_NAME = 'bowerbird';

/** Version of each other operator set that nodes may come from: onnxruntime's own has had no other. */
const OTHER_OPSET_VERSION = 1;

/**
 * Builds an ONNX graph, node by node, in the order of computation. An operator is named as in the standard, or as
 * `domain::Operator` of another set, which the model then imports. An input or output that is left out is ''.
 * Each call gives back the name of the tensor that it makes, to be used as an input of later ones.
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #parts: Message[] = [];
  readonly #domains = new Set<string>();
  #count = 0;

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, elementType: number, shape: readonly Dimension[]): string {
    this.#add(GRAPH_FIELDS.input, valueMessage(name, elementType, shape));
    return name;
  }

  output(name: string, elementType: number, shape: readonly Dimension[]): void {
    this.#add(GRAPH_FIELDS.output, valueMessage(name, elementType, shape));
  }

  /** A list of tensors. */
  sequenceOutput(name: string, elementType: number): void {
    this.#add(GRAPH_FIELDS.output, sequenceMessage(name, elementType));
  }

  /** A constant tensor, stored once in the model. */
  initializer(tensor: TensorData, name: string = this.freshName('weight')): string {
    this.#add(GRAPH_FIELDS.initializer, tensorMessage(name, tensor));
    return name;
  }

  /** One operator; its single output gets a fresh name unless one is given. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    output: string = this.freshName(operator),
  ): string {
    this.#addNode(operator, inputs, [output], attributes);
    return output;
  }

  /** One operator with several outputs, each freshly named; of a list of flags, those that are false are left out. */
  nodeOutputs(
    operator: string,
    inputs: readonly string[],
    attributes: Attributes,
    wanted: number | readonly boolean[],
  ): readonly string[] {
    const flags = typeof wanted === 'number' ? new Array<boolean>(wanted).fill(true) : wanted;
    const outputs = flags.map((flag) => (flag ? this.freshName(operator) : ''));
    this.#addNode(operator, inputs, outputs, attributes);
    return outputs;
  }

  /** The finished ModelProto, in pieces: a large model is written to its file without being joined. */
  toModel(header: ModelHeader): Message {
    return message(
      varintField(MODEL_FIELDS.irVersion, header.irVersion),
      lengthField(2, PRODUCER_NAME),
      lengthField(6, header.description),
      opsetImport('', header.opset),
      ...[...this.#domains].map((domain) => opsetImport(domain, OTHER_OPSET_VERSION)),
      lengthField(MODEL_FIELDS.graph, message(...this.#parts, lengthField(2, this.#name))),
    );
  }

  /** A name that no tensor of the graph has, with a word in it. */
  freshName(word: string): string {
    return `${splitOperator(word)[1]}_${this.#count++}`;
  }

  #add(field: number, content: Message): void {
    this.#parts.push(lengthField(field, content));
  }

  #addNode(...[operator, ...rest]: Parameters<typeof nodeMessage>): void {
    const [domain] = splitOperator(operator);
    if (domain !== '') this.#domains.add(domain);
    this.#add(GRAPH_FIELDS.node, nodeMessage(operator, ...rest));
  }
}

/** OperatorSetIdProto: domain 1, version 2. */
function opsetImport(domain: string, version: number): Message {
  return lengthField(MODEL_FIELDS.opsetImport, message(lengthField(1, domain), varintField(2, version)));
}
