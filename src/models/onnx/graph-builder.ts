import {
  type Attributes,
  type Dimension,
  nodeMessage,
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

/**
 * Builds an ONNX graph of standard operators, node by node, in the order of computation.
 * Each call gives back the name of the tensor that it makes, to be used as an input of later ones.
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #parts: Message[] = [];
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

  /** A constant tensor, stored once in the model. */
  initializer(tensor: TensorData, name: string = this.#freshName('weight')): string {
    this.#add(GRAPH_FIELDS.initializer, tensorMessage(name, tensor));
    return name;
  }

  /** One operator; its single output gets a fresh name unless one is given. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    output: string = this.#freshName(operator),
  ): string {
    this.#add(GRAPH_FIELDS.node, nodeMessage(operator, inputs, [output], attributes));
    return output;
  }

  /** One operator with several outputs, each freshly named. */
  nodeOutputs(
    operator: string,
    inputs: readonly string[],
    attributes: Attributes,
    outputCount: number,
  ): readonly string[] {
    const outputs = Array.from({ length: outputCount }, () => this.#freshName(operator));
    this.#add(GRAPH_FIELDS.node, nodeMessage(operator, inputs, outputs, attributes));
    return outputs;
  }

  /** The finished ModelProto, in pieces: a large model is written to its file without being joined. */
  toModel(header: ModelHeader): Message {
    return message(
      varintField(MODEL_FIELDS.irVersion, header.irVersion),
      lengthField(2, PRODUCER_NAME),
      lengthField(6, header.description),
      lengthField(MODEL_FIELDS.opsetImport, message(lengthField(1, ''), varintField(2, header.opset))),
      lengthField(MODEL_FIELDS.graph, message(...this.#parts, lengthField(2, this.#name))),
    );
  }

  #add(field: number, content: Message): void {
    this.#parts.push(lengthField(field, content));
  }

  #freshName(word: string): string {
    return `${word}_${this.#count++}`;
  }
}
