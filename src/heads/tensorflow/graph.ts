import { quote } from '../../base/quote.ts';
import { LIMITS } from '../limits.ts';
import { fieldsOf, lastField, payloadsOf, readMapEntry, textOf } from './protobuf.ts';

/** An operation of a graph: NodeDef of tensorflow/core/framework/node_def.proto. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  /** AttrValue messages by name. */
  readonly attributes: ReadonlyMap<string, Buffer>;
}

/** FunctionDef of tensorflow/core/framework/function.proto. */
export interface GraphFunction {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** For each output the value inside that it is. */
  readonly returns: ReadonlyMap<string, string>;
}

/** SignatureDef: the tensors of the graph that a model takes and gives. */
export interface Signature {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The graph of a SavedModel, as data: its nodes and functions are looked at, never run. */
export class Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly #functions: ReadonlyMap<string, Buffer>;
  readonly #read = new Map<string, GraphFunction>();
  readonly #signatures: ReadonlyMap<string, Buffer>;
  #nodeCount = 0;
  #stepsLeft: number = LIMITS.graphSteps;

  /**
   * SavedModel: meta_graphs 2 { graph_def 2 { node 1, library 2 { function 1 } }, signature_def 5 }.
   *
   * @throws RangeError where the bytes are no SavedModel of one graph
   */
  constructor(savedModel: Buffer) {
    const [metaGraph, ...others] = payloadsOf(savedModel, 2);
    if (!metaGraph) throw new RangeError('its saved_model.pb has no graph');
    if (others.length > 0) throw new RangeError('its saved_model.pb has several graphs');
    const graphDef = lastField(metaGraph, 2)?.bytes ?? Buffer.alloc(0);
    this.nodes = this.#readNodes(payloadsOf(graphDef, 1));
    this.#functions = this.#listFunctions(lastField(graphDef, 2)?.bytes ?? Buffer.alloc(0));
    this.#signatures = new Map(
      [...payloadsOf(metaGraph, 5)].map((entry) => {
        const { key, value } = readMapEntry(entry);
        return [key, value];
      }),
    );
  }

  /** SignatureDef: inputs 1, outputs 2, each a map of TensorInfo { name 1 }. Undefined where there is none of that name. */
  signature(name: string): Signature | undefined {
    const definition = this.#signatures.get(name);
    if (!definition) return undefined;
    const tensors = (number: number): string[] =>
      [...payloadsOf(definition, number)].map((entry) => textOf(readMapEntry(entry).value, 1));
    return { inputs: tensors(1), outputs: tensors(2) };
  }

  /** A function of the graph's library. @throws RangeError where there is none of that name */
  function(name: string): GraphFunction {
    const read = this.#read.get(name);
    if (read) return read;
    const definition = this.#functions.get(name);
    if (!definition) throw new RangeError(`its graph calls the function ${quote(name)}, which is not there`);
    const found = this.#readFunction(definition);
    this.#read.set(name, found);
    return found;
  }

  /** Counts a step through the graph. @throws RangeError where there have been more than any head's graph takes */
  countStep(): void {
    if (this.#stepsLeft-- <= 0)
      throw new RangeError(`its graph takes more than ${LIMITS.graphSteps} steps to follow`);
  }

  /** FunctionDefLibrary: function 1 { signature 1 { name 1 } }. */
  #listFunctions(library: Buffer): Map<string, Buffer> {
    const functions = new Map<string, Buffer>();
    for (const definition of payloadsOf(library, 1)) {
      this.#countNode();
      functions.set(textOf(lastField(definition, 1)?.bytes ?? Buffer.alloc(0), 1), definition);
    }
    return functions;
  }

  /** FunctionDef: signature 1 { input_arg 2 { name 1 }, output_arg 3 }, node_def 3, ret 4. */
  #readFunction(definition: Buffer): GraphFunction {
    const signature = lastField(definition, 1)?.bytes ?? Buffer.alloc(0);
    const names = (number: number): string[] =>
      [...payloadsOf(signature, number)].map((argument) => {
        this.#countNode();
        return textOf(argument, 1);
      });
    const returns = new Map<string, string>();
    for (const entry of payloadsOf(definition, 4)) {
      this.#countNode();
      returns.set(textOf(entry, 1), textOf(entry, 2));
    }
    return {
      nodes: this.#readNodes(payloadsOf(definition, 3)),
      inputs: names(2),
      outputs: names(3),
      returns,
    };
  }

  #readNodes(definitions: Iterable<Buffer>): Map<string, GraphNode> {
    const nodes = new Map<string, GraphNode>();
    for (const definition of definitions) {
      const node = this.#readNode(definition);
      if (nodes.has(node.name)) throw new RangeError(`its graph has the node ${quote(node.name)} twice`);
      nodes.set(node.name, node);
    }
    return nodes;
  }

  /** NodeDef: name 1, op 2, input 3, attr 5. */
  #readNode(definition: Buffer): GraphNode {
    this.#countNode();
    const inputs: string[] = [];
    const attributes = new Map<string, Buffer>();
    for (const { number, bytes } of fieldsOf(definition)) {
      if (number === 3) inputs.push(bytes.toString('utf8'));
      if (number !== 5) continue;
      const { key, value } = readMapEntry(bytes);
      attributes.set(key, value);
    }
    return { name: textOf(definition, 1), op: textOf(definition, 2), inputs, attributes };
  }

  #countNode(): void {
    if (++this.#nodeCount > LIMITS.graphNodes)
      throw new RangeError(`its graph has more than ${LIMITS.graphNodes} nodes`);
  }
}

/** The fields of an AttrValue (attr_value.proto). */
export const ATTRIBUTE = { text: 2, integer: 3, boolean: 5, type: 6, tensor: 8, function: 10 } as const;

/** An integer or boolean attribute of a node, or what it is where the node does not state it. */
export function numberAttribute(node: GraphNode, name: string, otherwise: number): number {
  const value = node.attributes.get(name);
  const field = value && (lastField(value, ATTRIBUTE.integer) ?? lastField(value, ATTRIBUTE.boolean));
  return field ? field.varint : otherwise;
}

/** A type attribute of a node, as DataType; undefined where it does not state it. */
export function typeAttribute(node: GraphNode, name: string): number | undefined {
  const value = node.attributes.get(name);
  return value && lastField(value, ATTRIBUTE.type)?.varint;
}

/** A text attribute of a node; empty where it does not state it. */
export function textAttribute(node: GraphNode, name: string): string {
  const value = node.attributes.get(name);
  return value ? textOf(value, ATTRIBUTE.text) : '';
}
