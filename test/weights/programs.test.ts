import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { bytesInMemory } from '../../src/weights/byte-source.ts';
import { MODEL_LIMITS } from '../../src/weights/limits.ts';
import { readTorchCheckpoint } from '../../src/weights/torch-checkpoint.ts';
import { floats, pickle, tensorPickle, writeZip } from '../heads/pth-writer.ts';

const newObject = Buffer.from([0x81]);
const none = Buffer.from('N');
const yes = Buffer.from([0x88]);
const module = Buffer.concat([pickle.global('__torch__.net', 'Net'), pickle.emptyTuple, newObject]);
const tensor = tensorPickle({ name: 'weight', shape: [1, 2], valueCount: 2 }, '0');

/** A module with these parts. */
function moduleOf(...parts: readonly (readonly [name: string, value: Buffer])[]): Buffer {
  const items = parts.flatMap(([name, value]) => [pickle.text(name), value, pickle.setItem]);
  return Buffer.concat([module, pickle.emptyDict, ...items, pickle.build]);
}

/** A program of which the pickle makes this. */
function program(...opcodes: readonly Buffer[]): Buffer {
  return writeZip([
    { name: 'net/data.pkl', content: Buffer.concat([pickle.proto(), ...opcodes, pickle.stop]) },
    { name: 'net/constants.pkl', content: Buffer.from('.') },
    { name: 'net/data/0', content: floats([1, 2]) },
  ]);
}

const namesIn = (file: Buffer): string[] => [
  ...readTorchCheckpoint(bytesInMemory(file), MODEL_LIMITS).keys(),
];

test('the parameters of a program have the names of its modules; its settings and flags are left out', (t) => {
  const inner = moduleOf(['weight', tensor], ['training', yes], ['hook', none]);
  t.deepEqual(namesIn(program(moduleOf(['visual', inner], ['scale', tensor]))).sort(), [
    'scale',
    'visual.weight',
  ]);
});

test('a module that is in itself, or in two places, is refused instead of written out without end', (t) => {
  const itself = Buffer.concat([
    ...[module, pickle.put(9), pickle.emptyDict],
    ...[pickle.text('again'), pickle.get(9), pickle.setItem, pickle.build],
  ]);
  t.throws(() => namesIn(program(itself)), { message: /more than one place/ });
});

test('an object of another class than the program, and a call, are refused; nothing runs', (t) => {
  const trace = join(tmpdir(), 'bowerbird-program-ran');
  const call = Buffer.concat([
    ...[
      pickle.global('os', 'system'),
      pickle.mark,
      pickle.text(`touch ${trace}`),
      pickle.tuple,
      pickle.reduce,
    ],
  ]);
  t.throws(() => namesIn(program(call)), { message: /"os\.system"/ });
  const called = [
    pickle.global('__torch__.net', 'Net'),
    pickle.mark,
    pickle.text('x'),
    pickle.tuple,
    pickle.reduce,
  ];
  t.throws(() => namesIn(program(...called)), { message: /REDUCE/ });
  t.throws(() => namesIn(program(pickle.text('x'), pickle.emptyTuple, newObject)), { message: /NEWOBJ/ });
  t.false(existsSync(trace));
});

test('who does not ask for programs is refused one', (t) => {
  const { readsPrograms: _, ...limits } = MODEL_LIMITS;
  const file = bytesInMemory(program(moduleOf(['scale', tensor])));
  t.throws(() => readTorchCheckpoint(file, limits), { message: /TorchScript program/ });
});
