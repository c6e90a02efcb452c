import { quote } from '../../base/quote.ts';
import type { CategoricalColumns, Vocabulary } from '../categories.ts';
import { beforeCast, constantProto, unexpected } from './constants.ts';
import { type GraphNode, numberAttribute, textAttribute } from './graph.ts';
import { readIntegers } from './tensor-proto.ts';
import { traceInput, type Value } from './trace.ts';
import type { Vocabularies } from './vocabularies.ts';

/** What the first layer takes. */
export interface Features {
  /** The embedding, before it was split into columns. */
  readonly embedding: Value;
  readonly columns: CategoricalColumns;
}

/**
 * What AutoKeras's MultiCategoryEncoding makes of an embedding: it is split into its values, of which some are written as
 * texts and looked up, and the others stay what they are. Without such a layer the features are the embedding itself.
 *
 * @throws RangeError where a column is anything else, or they change places
 */
export function readColumns(features: Value, dimension: number, vocabularies: Vocabularies): Features {
  if (features.node.op !== 'ConcatV2') return { embedding: features, columns: new Map() };
  const count = features.node.inputs.length - 1;
  if (count !== dimension)
    throw new RangeError(`its graph joins ${count} features for a layer of ${dimension} inputs`);
  checkAxis(features, count);
  const columns = new Map<number, Vocabulary>();
  let split: Value | undefined;
  for (let place = 0; place < count; place++) {
    const column = readColumn(traceInput(features, place), vocabularies);
    split ??= column.source;
    const { node, output } = column.source;
    if (node !== split.node || output !== place)
      throw new RangeError(`its feature ${place} is not made of the embedding's value ${place}`);
    if (column.vocabulary) columns.set(place, column.vocabulary);
  }
  if (!split) throw new RangeError('its graph joins no features');
  return { embedding: readSplit(split, count), columns };
}

/** SplitV (values, sizes, axis). */
function readSplit(split: Value, count: number): Value {
  if (split.node.op !== 'SplitV') throw unexpected(split.node.op, split.node.name, 'a split into columns');
  const sizes = readIntegers(constantProto(traceInput(split, 1)));
  if (sizes.length !== count || sizes.some((size) => size !== 1))
    throw new RangeError('its graph does not split the embedding into single values');
  checkAxis(split, 2);
  return traceInput(split, 0);
}

interface Column {
  readonly source: Value;
  readonly vocabulary?: Vocabulary;
}

function readColumn(column: Value, vocabularies: Vocabularies): Column {
  if (column.node.op === 'SelectV2') return { source: readNumber(column) };
  if (column.node.op === 'SplitV') return { source: column };
  const lookup = beforeCast(column);
  if (lookup.node.op !== 'LookupTableFindV2') throw unexpected(lookup.node.op, lookup.node.name, 'a column');
  const text = traceInput(lookup, 1);
  checkFormat(text.node);
  return { source: traceInput(text, 0), vocabulary: vocabularies.of(lookup) };
}

/** SelectV2 (IsNan (x), ZerosLike (x), x): a number, or 0 where it is NaN. */
function readNumber(select: Value): Value {
  const [condition, zeros, number] = [traceInput(select, 0), traceInput(select, 1), traceInput(select, 2)];
  if (condition.node.op !== 'IsNan') throw unexpected(condition.node.op, condition.node.name, 'IsNan');
  if (zeros.node.op !== 'ZerosLike') throw unexpected(zeros.node.op, zeros.node.name, 'ZerosLike');
  const tested = traceInput(condition, 0);
  if (tested.node !== number.node || tested.output !== number.output)
    throw new RangeError(`its node ${quote(select.node.name)} chooses by another value than its own`);
  return number;
}

/** AsString writes "%f" unless it is told otherwise. */
function checkFormat(node: GraphNode): void {
  if (node.op !== 'AsString') throw unexpected(node.op, node.name, 'a text of a value');
  const isPlain =
    numberAttribute(node, 'precision', -1) === -1 &&
    numberAttribute(node, 'width', -1) === -1 &&
    numberAttribute(node, 'scientific', 0) === 0 &&
    numberAttribute(node, 'shortest', 0) === 0 &&
    textAttribute(node, 'fill') === '';
  if (!isPlain) throw new RangeError(`its node ${quote(node.name)} writes values in another way than "%f"`);
}

/** Embeddings are rows: columns are joined and split along the second axis, which is the last. */
function checkAxis(value: Value, place: number): void {
  const [axis] = readIntegers(constantProto(traceInput(value, place)));
  if (axis !== 1 && axis !== -1)
    throw new RangeError(`its node ${quote(value.node.name)} works along another axis than the columns`);
}
