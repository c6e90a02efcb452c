import { quote } from '../../base/quote.ts';
import { areOfFloat16, type Vocabulary } from '../categories.ts';
import { LIMITS } from '../limits.ts';
import { constantProto, unexpected } from './constants.ts';
import { type Graph, type GraphNode, textAttribute } from './graph.ts';
import { readIntegers, readTexts } from './tensor-proto.ts';
import { calledScope, outermostScope, type Scope, traceInput, type Value } from './trace.ts';

const INITIALISER = '__saved_model_init_op';
/** Functions that call functions; TensorFlow's own have three levels. */
const MAX_CALL_DEPTH = 16;

/** The look-up tables of a graph, by the names that tables are shared under, with what they are filled with. */
export class Vocabularies {
  readonly #fillings = new Map<string, Value>();
  #textCount = 0;

  /** @throws RangeError where a table is filled twice */
  constructor(graph: Graph) {
    const start = graph.signature(INITIALISER)?.outputs[0]?.split(':')[0];
    const node = start === undefined ? undefined : graph.nodes.get(start);
    if (node) this.#followControl(outermostScope(graph), node);
  }

  /**
   * The vocabulary of a LookupTableFindV2 (table, texts, default).
   *
   * @throws RangeError where it is not filled with constants, or its texts are not those of float16 values
   */
  of(lookup: Value): Vocabulary {
    const table = sharedName(traceInput(lookup, 0));
    const filling = this.#fillings.get(table);
    if (!filling)
      throw new RangeError(`its vocabulary ${quote(table)} is not filled from constants of the graph`);
    const texts = readTexts(constantProto(traceInput(filling, 1)));
    const indexes = readIntegers(constantProto(traceInput(filling, 2)));
    this.#textCount += texts.length;
    if (this.#textCount > LIMITS.vocabularyTexts)
      throw new RangeError(`its vocabularies have more than ${LIMITS.vocabularyTexts} texts`);
    const [unknown, ...more] = readIntegers(constantProto(traceInput(lookup, 2)));
    if (texts.length !== indexes.length || unknown === undefined || more.length > 0)
      throw new RangeError(
        `its vocabulary ${quote(table)} has not one index for each text and one for others`,
      );
    const vocabulary = { indexes: new Map(texts.map((text, i) => [text, indexes[i]!])), unknown };
    if (vocabulary.indexes.size !== texts.length)
      throw new RangeError(`its vocabulary ${quote(table)} has a text twice`);
    if (!areOfFloat16(vocabulary))
      throw new RangeError(
        `its vocabulary ${quote(table)} has texts that no float16 value has; heads for embeddings of float16 are read`,
      );
    return vocabulary;
  }

  /** What is run when the model is loaded: the nodes that the initialiser waits for, and what they call. */
  #followControl(scope: Scope, node: GraphNode): void {
    for (const input of node.inputs) {
      if (!input.startsWith('^')) continue;
      const before = scope.nodes.get(input.slice(1));
      if (before) this.#collect(scope, before, 0);
    }
  }

  #collect(scope: Scope, node: GraphNode, depth: number): void {
    scope.graph.countStep();
    if (depth > MAX_CALL_DEPTH) throw new RangeError('its graph calls functions in too many levels');
    const called = calledScope(scope, node);
    if (called) for (const inner of called.nodes.values()) this.#collect(called, inner, depth + 1);
    if (node.op !== 'LookupTableImportV2') return;
    const filling = { scope, node, output: 0 };
    const table = sharedName(traceInput(filling, 0));
    if (this.#fillings.has(table)) throw new RangeError(`its vocabulary ${quote(table)} is filled twice`);
    this.#fillings.set(table, filling);
  }
}

/** Tables are the same where they are shared under one name. */
function sharedName({ node }: Value): string {
  if (node.op !== 'HashTableV2') throw unexpected(node.op, node.name, 'a look-up table');
  return textAttribute(node, 'shared_name') || node.name;
}
