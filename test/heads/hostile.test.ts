import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import {
  floats,
  pickle,
  stateDictPickle,
  type TensorReference,
  tensorPickle,
  writeCheckpoint,
  writeStateDict,
  writeZip,
  type ZipPart,
} from './pth-writer.ts';
import { FIXTURES, filesIn, refusal } from './setup.ts';

async function refusalOf(t: ExecutionContext, file: Buffer): Promise<string> {
  const folder = await filesIn(t, { 'hostile.pth': file });
  const error = await refusal(join(folder, 'hostile.pth'));
  t.is(error.code, 'BB_HEAD_REFUSED');
  return error.message;
}

const refusalOfPickle = (t: ExecutionContext, ...opcodes: Buffer[]): Promise<string> =>
  refusalOf(t, writeCheckpoint(Buffer.concat([pickle.proto(), ...opcodes, pickle.stop]), []));

const refusalOfTensor = (t: ExecutionContext, tensor: Partial<TensorReference>): Promise<string> =>
  refusalOf(
    t,
    writeCheckpoint(stateDictPickle([{ name: 'weight', shape: [1, 2], valueCount: 2, ...tensor }]), [
      floats([1, 2]),
    ]),
  );

const orderedDict = Buffer.concat([
  pickle.global('collections', 'OrderedDict'),
  pickle.emptyTuple,
  pickle.reduce,
]);

test('a pickle that calls os.system is refused by that name, and nothing runs', async (t) => {
  const folder = await filesIn(t, {});
  const trace = join(folder, 'trace');
  const message = await refusalOfPickle(
    t,
    pickle.global('os', 'system'),
    pickle.mark,
    pickle.text(`touch ${trace}`),
    pickle.tuple,
    pickle.reduce,
  );
  t.regex(message, /"os\.system"/);
  t.false(existsSync(trace));
});

for (const [module, name] of [
  ['builtins', 'eval'],
  ['torch', 'load'],
  ['torch', 'QInt8Storage'],
  ['torch', 'FloatStorage.__init__'],
  ['torch._utils', '_rebuild_parameter'],
  ['collections', 'defaultdict'],
  ['__proto__', 'constructor'],
] as const) {
  test(`the name ${module}.${name} is refused`, async (t) => {
    t.true((await refusalOfPickle(t, pickle.global(module, name))).includes(`"${module}.${name}"`));
  });
}

for (const [opcode, name] of [
  [0x82, 'EXT1'],
  [0x83, 'EXT2'],
  [0x84, 'EXT4'],
  [0x93, 'STACK_GLOBAL'],
  [0x81, 'NEWOBJ'],
  [0x69, 'INST'],
  [0x6f, 'OBJ'],
  [0x8a, 'LONG1'],
  [0x8b, 'LONG4'],
  [0x94, 'MEMOIZE'],
  [0x32, 'DUP'],
  [0x5d, 'EMPTY_LIST'],
  [0x42, 'BINBYTES'],
  [0x88, 'NEWTRUE'],
] as const) {
  test(`the opcode ${name} is refused by its number`, async (t) => {
    const message = await refusalOfPickle(t, Buffer.from([opcode, 1, 0, 0, 0]));
    t.regex(message, new RegExp(`opcode 0x${opcode.toString(16).padStart(2, '0')}`));
  });
}

test('a name from a file cannot write control characters to a terminal', async (t) => {
  const message = await refusalOfPickle(t, pickle.global('\x1b[2J\x1b]0;', 'x'.repeat(5000)));
  t.false(message.includes('\x1b'));
  t.true(message.length < 500);
});

test('a call of something that is no function is refused', async (t) => {
  t.regex(await refusalOfPickle(t, pickle.text('print'), pickle.emptyTuple, pickle.reduce), /REDUCE/);
  t.regex(
    await refusalOfPickle(t, pickle.global('torch', 'FloatStorage'), pickle.emptyTuple, pickle.reduce),
    /REDUCE/,
  );
});

test('an OrderedDict made with parameters is refused', async (t) => {
  const call = [pickle.mark, pickle.emptyTuple, pickle.tuple, pickle.reduce];
  t.regex(await refusalOfPickle(t, pickle.global('collections', 'OrderedDict'), ...call), /REDUCE/);
});

test('a state that is no dictionary is refused, and so is one for something that has none', async (t) => {
  t.regex(await refusalOfPickle(t, orderedDict, pickle.text('x'), pickle.build), /BUILD/);
  t.regex(await refusalOfPickle(t, pickle.text('x'), pickle.emptyDict, pickle.build), /no dictionary/);
});

test('a persistent id that is no storage is refused', async (t) => {
  t.regex(await refusalOfPickle(t, pickle.text('/etc/passwd'), pickle.persistentId), /BINPERSID/);
});

test('a pickle that takes from an empty stack or an empty memo is refused', async (t) => {
  t.regex(await refusalOfPickle(t), /empty stack/);
  t.regex(await refusalOfPickle(t, pickle.tuple), /without a mark/);
  t.regex(await refusalOfPickle(t, pickle.get(7)), /BINGET/);
  t.regex(await refusalOfPickle(t, pickle.put(7)), /empty stack/);
});

test('a pickle that leaves something on the stack, or bytes behind its stop, is refused', async (t) => {
  const whole = stateDictPickle([{ name: 'weight', shape: [1, 2], valueCount: 2 }]);
  const loads = (bytes: Buffer): Promise<string> => refusalOf(t, writeCheckpoint(bytes, [floats([1, 2])]));
  // The opcodes that follow the protocol's two bytes leave a state dict; what is put below it stays there.
  const below = Buffer.concat([whole.subarray(0, 2), pickle.emptyDict, whole.subarray(2)]);
  t.regex(await loads(below), /stops before its end/);
  t.regex(await loads(Buffer.concat([whole, pickle.stop])), /stops before its end/);
});

test('a pickle that is cut anywhere is refused', async (t) => {
  const whole = stateDictPickle([{ name: 'weight', shape: [1, 2], valueCount: 2 }]);
  for (let length = 0; length < whole.length; length++) {
    await refusalOf(t, writeCheckpoint(whole.subarray(0, length), [floats([1, 2])]));
  }
});

test('tuples that double in each step through the memo cost no memory', async (t) => {
  // Written out, the last one would have 2^250 items.
  const doubling = Array.from({ length: 250 }, (_, i) => [
    pickle.put(i),
    pickle.get(i),
    Buffer.from([0x86]),
  ]).flat();
  t.regex(await refusalOfPickle(t, pickle.emptyTuple, ...doubling), /no state dict/);
});

test('a memo that is filled endlessly ends with the pickle', async (t) => {
  const filling = Buffer.concat(Array.from({ length: 100_000 }, (_, i) => pickle.put(i % 256)));
  t.regex(await refusalOfPickle(t, pickle.emptyTuple, filling), /no state dict/);
});

test('a pickle of more than a mebibyte is refused', async (t) => {
  t.regex(await refusalOfPickle(t, pickle.text('x'.repeat(2 ** 20))), /pickle has \d+ bytes/);
});

test('a text that claims more bytes than there are is refused', async (t) => {
  t.regex(await refusalOfPickle(t, Buffer.from([0x58, 0xff, 0xff, 0xff, 0xff, 0x61])), /ends in the middle/);
});

test('a tensor of huge size over a small storage is refused before memory is taken', async (t) => {
  t.regex(await refusalOfTensor(t, { shape: [1, 2 ** 30], strides: [0, 0] }), /more than \d+ values/);
  t.regex(
    await refusalOfTensor(t, { shape: [2 ** 30, 2 ** 30, 2 ** 30], strides: [0, 0, 0] }),
    /more than \d+ values/,
  );
});

test('many tensors that are each in bounds are refused by their sum', async (t) => {
  const tensors = Array.from({ length: 40 }, (_, i) => ({
    name: `layers.${i}.weight`,
    shape: [2 ** 10, 2 ** 10],
    strides: [0, 0],
    storage: '0',
    valueCount: 2,
  }));
  t.regex(
    await refusalOf(t, writeCheckpoint(stateDictPickle(tensors), [floats([1, 2])])),
    /more than \d+ values/,
  );
});

test('a tensor that reaches beyond its storage is refused', async (t) => {
  t.regex(await refusalOfTensor(t, { offset: 1 }), /beyond its storage/);
  t.regex(await refusalOfTensor(t, { strides: [2, 2] }), /beyond its storage/);
  t.regex(await refusalOfTensor(t, { offset: -1 }), /rebuilds a tensor/);
  t.regex(await refusalOfTensor(t, { strides: [2, -1] }), /rebuilds a tensor/);
  t.regex(await refusalOfTensor(t, { shape: [-1, -2] }), /rebuilds a tensor/);
});

test('a tensor of whole numbers is refused by its type', async (t) => {
  t.regex(await refusalOfTensor(t, { storageType: 'LongStorage' }), /"torch\.LongStorage", not floats/);
});

test('a storage that is missing, or has another size or type than the pickle says, is refused', async (t) => {
  t.regex(await refusalOfTensor(t, { storage: '1' }), /missing or has another size/);
  t.regex(await refusalOfTensor(t, { storage: '../data.pkl' }), /missing or has another size/);
  t.regex(await refusalOfTensor(t, { valueCount: 3 }), /another size/);
  t.regex(await refusalOfTensor(t, { storageType: 'DoubleStorage' }), /another size/);
});

test('a checkpoint of more than a state dict is refused, naming the entry', async (t) => {
  const tensor = tensorPickle({ name: 'weight', shape: [1, 2], valueCount: 2 }, '0');
  const nested = [
    pickle.text('state_dict'),
    orderedDict,
    pickle.text('weight'),
    tensor,
    pickle.setItem,
    pickle.setItem,
  ];
  t.regex(await refusalOfPickle(t, orderedDict, ...nested), /"state_dict" is no tensor/);
});

test('a whole module saved by torch is refused, and so is the format before torch 1.6', async (t) => {
  t.regex(
    (await refusal(join(FIXTURES, 'whole-module.pth'))).message,
    /"torch\.nn\.modules\.linear\.Linear"/,
  );
  t.regex((await refusal(join(FIXTURES, 'legacy.pth'))).message, /before torch 1\.6/);
});

test('another byte order is refused', async (t) => {
  const data = stateDictPickle([{ name: 'weight', shape: [1, 2], valueCount: 2 }]);
  const file = writeCheckpoint(
    data,
    [floats([1, 2])],
    [{ name: 'archive/byteorder', content: Buffer.from('big') }],
  );
  t.regex(await refusalOf(t, file), /byte order is "big"/);
});

const lies: readonly (readonly [what: string, part: Partial<ZipPart>, message: RegExp])[] = [
  ['is compressed', { method: 8 }, /compressed/],
  ['has two sizes', { bytes: 9 }, /compressed/],
  ['is encrypted', { flags: 1 }, /encrypted/],
  ['claims more bytes than the file', { bytes: 2 ** 31, storedBytes: 2 ** 31 }, /more bytes than the file/],
  [
    'hides its size in a zip64 field',
    { bytes: 0xffffffff, storedBytes: 0xffffffff },
    /more bytes than the file/,
  ],
  ['hides its place in a zip64 field', { localOffset: 0xffffffff }, /not where the directory says/],
  ['reaches into the directory', { bytes: 100, storedBytes: 100 }, /more bytes than the file/],
  ['lies somewhere else', { localOffset: 3 }, /not where the directory says/],
  ['has another checksum', { crc: 1 }, /damaged/],
];
for (const [what, lie, message] of lies) {
  test(`an archive is refused where a part ${what}`, async (t) => {
    const data = stateDictPickle([{ name: 'weight', shape: [1, 2], valueCount: 2 }]);
    const last = { name: 'archive/data/0', content: floats([1, 2]), ...lie };
    t.regex(await refusalOf(t, writeZip([{ name: 'archive/data.pkl', content: data }, last])), message);
  });
}

test('an archive that claims more parts than it has is refused', async (t) => {
  t.regex(await refusalOf(t, writeZip([{ name: 'a/data.pkl', content: Buffer.from('.') }], 3)), /directory/);
  t.regex(await refusalOf(t, writeZip([], 0xffff)), /claims 65535 entries/);
});

test('an archive with one name twice, or parts that overlap without end, is refused', async (t) => {
  const part = { name: 'archive/data.pkl', content: Buffer.from('.') };
  t.regex(await refusalOf(t, writeZip([part, part])), /twice/);
  const big = { content: Buffer.alloc(10_000), localOffset: 0 };
  const overlapping = Array.from({ length: 3 }, (_, i) => ({ ...big, name: `archive/data/${i}` }));
  const once = writeZip([
    overlapping[0]!,
    ...overlapping.slice(1).map((entry) => ({
      ...entry,
      content: Buffer.alloc(0),
      bytes: 10_000,
      storedBytes: 10_000,
      crc: 0,
    })),
  ]);
  t.regex(await refusalOf(t, once), /zip archive claims more bytes/);
});

test('a file that is cut anywhere is refused', async (t) => {
  const whole = writeStateDict({ weight: { shape: [1, 2], values: [1, 2] } });
  for (let length = 0; length < whole.length; length += 7) await refusalOf(t, whole.subarray(0, length));
});
