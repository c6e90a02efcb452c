import { quote } from '../../base/quote.ts';
import { ATTRIBUTE, type Graph, type GraphNode } from './graph.ts';
import { lastField, textOf } from './protobuf.ts';

/** Where names of values hold: the graph itself, or a function as it is called from one place. */
export interface Scope {
  readonly graph: Graph;
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** What a function was called with, by the names that it has for its arguments; none for the graph itself. */
  readonly arguments: ReadonlyMap<string, Reference>;
}

/** A value by its name in a scope: `node`, `node:0`, `node:output:0`, or a function's argument. */
export interface Reference {
  readonly scope: Scope;
  readonly name: string;
}

/** A value: which output of which node. */
export interface Value {
  readonly scope: Scope;
  readonly node: GraphNode;
  readonly output: number;
}

const CALLS: readonly string[] = ['PartitionedCall', 'StatefulPartitionedCall'];

/** The scope of the graph itself. */
export function outermostScope(graph: Graph): Scope {
  return { graph, nodes: graph.nodes, arguments: new Map() };
}

/**
 * The node that computes a value: through Identity, into functions that are called, and out to what they are given.
 *
 * @throws RangeError where a name stands for nothing
 */
export function trace(reference: Reference): Value {
  let at = reference;
  for (;;) {
    at.scope.graph.countStep();
    const given = at.scope.arguments.get(at.name);
    if (given) {
      at = given;
      continue;
    }
    const value = lookUp(at);
    const through = stepThrough(value);
    if (!through) return value;
    at = through;
  }
}

/** What a node is given as its input of that place. @throws RangeError where it has none */
export function traceInput({ scope, node }: Value, place: number): Value {
  return trace(inputReference(scope, node, place));
}

/** The scope of the function that a node calls; undefined where it calls none. */
export function calledScope(scope: Scope, node: GraphNode): Scope | undefined {
  const called = CALLS.includes(node.op) ? readCall(scope, node) : undefined;
  return called && { graph: scope.graph, nodes: called.nodes, arguments: called.arguments };
}

function lookUp({ scope, name }: Reference): Value {
  const parts = name.split(':');
  const node = scope.nodes.get(parts[0]!);
  if (!node) throw new RangeError(`its graph speaks of ${quote(name)}, which is not there`);
  return { scope, node, output: parts.length > 1 ? Number(parts.at(-1)) : 0 };
}

/** Where a value comes from that a node only hands on. */
function stepThrough({ scope, node, output }: Value): Reference | undefined {
  if (node.op === 'Identity') return inputReference(scope, node, 0);
  if (!CALLS.includes(node.op)) return undefined;
  const called = readCall(scope, node);
  const returned = called.returns.get(called.outputs[output] ?? '');
  if (returned === undefined)
    throw new RangeError(`its function ${quote(called.name)} gives no output ${output}`);
  return { scope: called, name: returned };
}

function readCall(
  scope: Scope,
  node: GraphNode,
): Scope & { name: string; outputs: readonly string[]; returns: ReadonlyMap<string, string> } {
  const attribute = node.attributes.get('f');
  const name = textOf((attribute && lastField(attribute, ATTRIBUTE.function)?.bytes) ?? Buffer.alloc(0), 1);
  const { graph } = scope;
  const { nodes, inputs, outputs, returns } = graph.function(name);
  const given = inputs.map((input, place) => {
    graph.countStep();
    return [input, inputReference(scope, node, place)] as const;
  });
  return { graph, nodes, arguments: new Map(given), name, outputs, returns };
}

function inputReference(scope: Scope, node: GraphNode, place: number): Reference {
  const name = node.inputs[place];
  if (name === undefined || name.startsWith('^'))
    throw new RangeError(`its node ${quote(node.name)} has no input ${place}`);
  return { scope, name };
}
