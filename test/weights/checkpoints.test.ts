import test from 'ava';
import { bytesInMemory } from '../../src/weights/byte-source.ts';
import { MODEL_LIMITS } from '../../src/weights/limits.ts';
import { readTorchCheckpoint } from '../../src/weights/torch-checkpoint.ts';
import { floats, pickle, tensorPickle, writeCheckpoint } from '../heads/pth-writer.ts';

const tensor = tensorPickle({ name: 'weight', shape: [1, 2], valueCount: 2 }, '0');

const dictOf = (...items: readonly (readonly [key: Buffer, value: Buffer])[]): Buffer =>
  Buffer.concat([pickle.emptyDict, pickle.mark, ...items.flat(), pickle.setItems]);

const named = (name: string, value: Buffer): [Buffer, Buffer] => [pickle.text(name), value];

const stateDict = dictOf(named('module.weight', tensor));

/** What an optimizer of torch says of itself: numbers as keys, lists, fractions, whole numbers of any length. */
const optimizer = dictOf(
  named('state', dictOf([pickle.int(0), dictOf(named('step', pickle.float(3)), named('exp_avg', tensor))])),
  named(
    'param_groups',
    Buffer.concat([
      ...[
        pickle.emptyList,
        dictOf(named('lr', pickle.float(1e-4)), named('foreach', pickle.none)),
        pickle.append,
      ],
      ...[pickle.mark, pickle.newTrue, pickle.long(0, 0, 0, 0, 1), pickle.emptyList, pickle.appends],
    ]),
  ),
);

/** The tensors of what a pickle makes, where more than state dicts is read. */
function namesIn(value: Buffer, limits = MODEL_LIMITS): string[] {
  const data = Buffer.concat([pickle.proto(), value, pickle.stop]);
  const file = bytesInMemory(writeCheckpoint(data, [floats([1, 2])]));
  return [...readTorchCheckpoint(file, limits).keys()];
}

test('of a training checkpoint the state dict is read, and epoch, name and optimizer are passed over', (t) => {
  const checkpoint = dictOf(
    named('epoch', pickle.int(3)),
    named('name', pickle.text('ViT')),
    named('state_dict', stateDict),
    named('optimizer', optimizer),
  );
  t.deepEqual(namesIn(checkpoint), ['module.weight']);
});

test('who does not ask for checkpoints is refused one', (t) => {
  const { readsCheckpoints: _, ...limits } = MODEL_LIMITS;
  t.throws(() => namesIn(dictOf(named('state_dict', stateDict)), limits), {
    message: /"state_dict" is no tensor/,
  });
  t.throws(() => namesIn(dictOf(named('optimizer', optimizer)), limits), { message: /opcode 0x/ });
});

test('a checkpoint of two state dicts is refused, and both are named', (t) => {
  const both = dictOf(named('state_dict', stateDict), named('state_dict_ema', stateDict));
  t.throws(() => namesIn(both), { message: /several state dicts \("state_dict", "state_dict_ema"\)/ });
});

test('a state dict that holds more than tensors is refused, and so is a tensor whose name is a number', (t) => {
  const nested = dictOf(named('state_dict', dictOf(named('bias', pickle.float(1)))));
  t.throws(() => namesIn(nested), { message: /"bias" is no tensor/ });
  t.throws(() => namesIn(dictOf([pickle.int(7), tensor])), { message: /7 has a number for a name/ });
});

test('a parameter is the tensor that it holds', (t) => {
  const parameter = Buffer.concat([
    ...[pickle.global('torch._utils', '_rebuild_parameter'), pickle.mark, tensor, pickle.newTrue],
    ...[
      pickle.global('collections', 'OrderedDict'),
      pickle.emptyTuple,
      pickle.reduce,
      pickle.tuple,
      pickle.reduce,
    ],
  ]);
  t.deepEqual(namesIn(dictOf(named('weight', parameter))), ['weight']);
  const empty = Buffer.concat([
    ...[pickle.global('torch._utils', '_rebuild_parameter'), pickle.emptyTuple, pickle.reduce],
  ]);
  t.throws(() => namesIn(dictOf(named('weight', empty))), { message: /REDUCE/ });
});

test('a list that is none, a number of more than 8 bytes, and a cut fraction are refused', (t) => {
  for (const [value, message] of [
    [Buffer.concat([pickle.emptyDict, pickle.int(1), pickle.append]), /no list/],
    [pickle.long(...new Array<number>(9).fill(1)), /9 bytes/],
    [Buffer.from('G123'), /ends in the middle/],
  ] as const)
    t.throws(() => namesIn(value), { instanceOf: RangeError, message });
});
