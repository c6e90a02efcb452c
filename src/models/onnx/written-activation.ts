import type { ActivationName } from '../convert/activation.ts';
import type { GraphNode } from './graph-nodes.ts';

/** A GELU that is written out in arithmetic. */
export interface WrittenActivation {
  readonly name: ActivationName;
  /** The tensor that it is of. */
  readonly input: string;
}

/** Between Erf, Tanh or Sigmoid and the input, or the result, of a GELU, as exporters write it, lie fewer nodes. */
const MAX_STEPS = 6;
/** A GELU has fewer tensors on either side of its middle. */
const MAX_REACHED = 64;
/** From a result back to the input lie fewer. */
const MAX_DEPTH = 12;

/** What is computed in all to find out: graphs of no real model would take for ever. */
const MAX_COMPUTED = 5_000_000;

/** Each GELU has one of these in its middle. */
const CORES: ReadonlySet<string> = new Set(['Erf', 'Tanh', 'Sigmoid']);

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
  Erf: erf,
  Tanh: Math.tanh,
  Sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  Identity: (a) => a,
  Cast: (a) => a,
};

/** As in convert/activation.ts. */
const FUNCTIONS: Readonly<Record<ActivationName, (x: number) => number>> = {
  quick_gelu: (x) => x / (1 + Math.exp(-1.702 * x)),
  gelu: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

/** Among them are places where two of the functions differ by their most, 0.0005 and 0.02. */
const PROBES: readonly number[] = [-3.1, -2.3, -1.4, -0.6, 0.5, 1.3, 2.2, 3];
/** Constants in float16 put a value off by a tenth of that. */
const TOLERANCE = 0.002;

/** The GELUs that are written out in arithmetic, by the tensors that they give. They are known by their values at some places. */
export function writtenActivations(
  nodes: readonly GraphNode[],
  constants: ReadonlyMap<string, number>,
): ReadonlyMap<string, WrittenActivation> {
  const arithmetic = new Arithmetic(nodes, constants);
  const found = new Map<string, WrittenActivation>();
  for (const node of nodes) {
    if (!CORES.has(node.operator)) continue;
    const inputs = arithmetic.before(node);
    for (const output of arithmetic.behind(node)) {
      const written = firstMatch(arithmetic, inputs, output);
      if (!written) continue;
      found.set(output, written);
      break;
    }
  }
  return found;
}

function firstMatch(
  arithmetic: Arithmetic,
  inputs: readonly string[],
  output: string,
): WrittenActivation | undefined {
  for (const input of inputs) {
    const name = nameOf(PROBES.map((x) => arithmetic.value(output, { input, x })));
    if (name) return { name, input };
  }
  return undefined;
}

/** The function that has these values at the probes. */
function nameOf(values: readonly (number | undefined)[]): ActivationName | undefined {
  const distance = (name: ActivationName): number =>
    Math.max(...values.map((value, i) => Math.abs((value ?? Number.NaN) - FUNCTIONS[name](PROBES[i]!))));
  const names = Object.keys(FUNCTIONS) as ActivationName[];
  const [nearest] = names.toSorted((a, b) => distance(a) - distance(b));
  return distance(nearest!) <= TOLERANCE ? nearest : undefined;
}

/** The part of a graph that computes with single numbers. */
class Arithmetic {
  readonly #makers: ReadonlyMap<string, GraphNode>;
  readonly #users = new Map<string, GraphNode[]>();
  readonly #constants: ReadonlyMap<string, number>;
  #computed = 0;

  constructor(nodes: readonly GraphNode[], constants: ReadonlyMap<string, number>) {
    const computing = nodes.filter(({ operator }) => Object.hasOwn(ARITHMETIC, operator));
    this.#makers = new Map(computing.map((node) => [node.outputs[0]!, node]));
    this.#constants = constants;
    for (const node of computing)
      for (const input of new Set(node.inputs))
        this.#users.set(input, [...(this.#users.get(input) ?? []), node]);
  }

  /** What a node computes from, the nearest first. */
  before({ inputs }: GraphNode): string[] {
    return reach(inputs, (tensor) => this.#makers.get(tensor)?.inputs ?? []).filter(
      (tensor) => !this.#constants.has(tensor),
    );
  }

  /** What is computed from a node, the nearest first. */
  behind({ outputs }: GraphNode): string[] {
    return reach(outputs, (tensor) => (this.#users.get(tensor) ?? []).map((node) => node.outputs[0]!));
  }

  /** The value of a tensor where another one is `x`; undefined where it depends on more than that, or is not found out. */
  value(
    tensor: string,
    given: { readonly input: string; readonly x: number },
    depth = 0,
  ): number | undefined {
    if (tensor === given.input) return given.x;
    const constant = this.#constants.get(tensor);
    const node = this.#makers.get(tensor);
    if (constant !== undefined || !node || depth > MAX_DEPTH) return constant;
    if (++this.#computed > MAX_COMPUTED) return undefined;
    const values: number[] = [];
    for (const input of node.inputs) {
      const value = this.value(input, given, depth + 1);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return ARITHMETIC[node.operator]!(values[0]!, values[1]!);
  }
}

/** What can be reached from some tensors in a few steps, these included, breadth first. */
function reach(from: readonly string[], next: (tensor: string) => readonly string[]): string[] {
  const seen = new Set(from);
  let edge: readonly string[] = from;
  for (let step = 0; step < MAX_STEPS && seen.size < MAX_REACHED; step++) {
    edge = edge.flatMap(next).filter((tensor) => !seen.has(tensor));
    for (const tensor of edge) seen.add(tensor);
  }
  return [...seen].slice(0, MAX_REACHED);
}

/** Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26; off by 1.5e-7 at most. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}
