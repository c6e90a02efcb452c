import { quote } from '../../base/quote.ts';
import type { Tensor } from '../tensor.ts';
import type { Checkpoint } from './checkpoint.ts';
import { ATTRIBUTE, textAttribute, typeAttribute } from './graph.ts';
import { lastField } from './protobuf.ts';
import { DATA_TYPE, readFloats } from './tensor-proto.ts';
import { traceInput, type Value } from './trace.ts';

/** The tensor of a Const node, as TensorProto. @throws RangeError where the value is no constant */
export function constantProto({ node }: Value): Buffer {
  if (node.op !== 'Const') throw unexpected(node.op, node.name, 'a constant');
  const value = node.attributes.get('value');
  const proto = value && lastField(value, ATTRIBUTE.tensor)?.bytes;
  if (!proto) throw new RangeError(`its constant ${quote(node.name)} has no value`);
  return proto;
}

/** The floats of a constant, or of a variable as the checkpoint has it. @throws RangeError where the value is neither */
export function floatsOf(value: Value, checkpoint: Checkpoint): Tensor {
  if (value.node.op !== 'ReadVariableOp') return readFloats(constantProto(value));
  const { node } = traceInput(value, 0);
  if (node.op !== 'VarHandleOp') throw unexpected(node.op, node.name, 'a variable');
  return checkpoint.variable(textAttribute(node, 'shared_name') || node.name);
}

/** What a value was before it was cast to float32; itself where it was not. @throws RangeError for a cast to another type */
export function beforeCast(value: Value): Value {
  if (value.node.op !== 'Cast') return value;
  if (typeAttribute(value.node, 'DstT') === DATA_TYPE.float) return traceInput(value, 0);
  throw new RangeError(`its node ${quote(value.node.name)} casts to another type than float32`);
}

/** The refusal of an operation that no head of the kinds that are read has in that place. */
export function unexpected(op: string, name: string, wanted: string): RangeError {
  return new RangeError(
    `its graph has the operation ${quote(op)} (${quote(name)}) in the place of ${wanted}`,
  );
}
