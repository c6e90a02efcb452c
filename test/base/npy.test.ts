import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { messageOf } from '../../src/base/errors.ts';
import { toFloat16Bits } from '../../src/base/float16.ts';
import { decodeNpy, encodeNpy, type NpyHeader, readNpyHeader } from '../../src/base/npy.ts';
import { packageFolder } from '../../src/base/package.ts';
import { readNpy } from '../../src/heads/npy-file.ts';
import { readNpyLayout } from '../../src/rescore/npy-header.ts';

test('the header is the one of numpy format 1.0, its data 64-byte aligned', (t) => {
  const file = Buffer.from(encodeNpy('float16', [2, 3], new Float32Array(6)));
  const header = "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 3), }";
  t.is(file.toString('latin1', 0, 8), '\x93NUMPY\x01\x00');
  t.is((10 + file.readUInt16LE(8)) % 64, 0);
  t.is(file.toString('latin1', 10, 10 + file.readUInt16LE(8)), `${header.padEnd(117)}\n`);
  t.is(file.length, 128 + 12);
});

test('what is written reads back, for empty and one-dimensional arrays too', (t) => {
  const data = Float32Array.of(0.5, -1.25, 3, 4, 5, 6);
  t.deepEqual(decodeNpy(encodeNpy('float32', [1, 6], data)), { dtype: 'float32', shape: [1, 6], data });
  t.deepEqual(decodeNpy(encodeNpy('float16', [6], data)), { dtype: 'float16', shape: [6], data });
  t.deepEqual(decodeNpy(encodeNpy('float16', [0, 768], new Float32Array())).shape, [0, 768]);
});

/** A file as numpy writes it: its header is a text, padded so that the data starts at a multiple of 64. */
function npyFile(header: string, dataBytes: number, version = 1): Buffer {
  const lengthBytes = version === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  const padded = `${header.padEnd(Math.ceil((start + header.length + 1) / 64) * 64 - start - 1)}\n`;
  const preamble = Buffer.from(`\x93NUMPY${String.fromCharCode(version)}\0`, 'latin1');
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntLE(padded.length, 0, lengthBytes);
  return Buffer.concat([preamble, length, Buffer.from(padded, 'latin1'), Buffer.alloc(dataBytes)]);
}

interface HeaderParts {
  readonly descr?: string;
  readonly order?: string;
  readonly shape?: string;
}

function headerText({ descr = "'<f4'", order = 'False', shape = '(2, 3)' }: HeaderParts = {}): string {
  return `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;
}

/** The same file with another length of its header. */
function withLength(file: Buffer, length: number): Buffer {
  const changed = Buffer.from(file);
  if (file[6] === 1) changed.writeUInt16LE(length, 8);
  else changed.writeUInt32LE(length, 8);
  return changed;
}

/** What the header says, or what is wrong with it. */
type Reading = Omit<NpyHeader, 'dataOffset'> | RegExp;

/** What a user makes of the file: the shape that it takes it for, or why it refuses it. */
type Use = string | RegExp;

interface Case {
  readonly file: Buffer;
  readonly reading: Reading;
  /** Of embeddings that a run has saved; of the weights of a head; of embeddings that are to be scored. */
  readonly uses: readonly [saved: Use, head: Use, scored: Use];
}

const PLAIN = { descr: '<f4', fortranOrder: false, shape: [2, 3] };
const WHOLE = npyFile(headerText(), 24);

/** All users refuse a file whose header the reader refuses, with its words. */
function refused(file: Buffer, why: RegExp): Case {
  return { file, reading: why, uses: [why, why, why] };
}

function taken(file: Buffer): Case {
  return { file, reading: PLAIN, uses: ['2x3', '2x3', '2x3'] };
}

const CASES: Readonly<Record<string, Case>> = {
  'of version 1': taken(WHOLE),
  'of version 2': taken(npyFile(headerText(), 24, 2)),
  'of version 3': taken(npyFile(headerText(), 24, 3)),
  'with its keys in another order and without spaces': taken(
    npyFile("{'shape':(2,3),'descr':'<f4','fortran_order':False}", 24),
  ),
  'of float16': {
    file: npyFile(headerText({ descr: "'<f2'" }), 12),
    reading: { ...PLAIN, descr: '<f2' },
    uses: ['2x3', '2x3', '2x3'],
  },
  'of doubles': {
    file: npyFile(headerText({ descr: "'<f8'" }), 48),
    reading: { ...PLAIN, descr: '<f8' },
    uses: [/element type is <f8, not <f2 or <f4/, '2x3', /values are "<f8"/],
  },
  'of big-endian floats': {
    file: npyFile(headerText({ descr: "'>f4'" }), 24),
    reading: { ...PLAIN, descr: '>f4' },
    uses: [/element type is >f4/, /type ">f4"/, /values are ">f4"/],
  },
  'of objects': {
    file: npyFile(headerText({ descr: "'|O'" }), 24),
    reading: { ...PLAIN, descr: '|O' },
    uses: [/element type is \|O/, /type "\|O"/, /values are "\|O"/],
  },
  'in Fortran order': {
    file: npyFile(headerText({ order: 'True' }), 24),
    reading: { ...PLAIN, fortranOrder: true },
    uses: [/Fortran order/, /Fortran order/, /Fortran order/],
  },
  'of one axis in Fortran order, which is any order': {
    file: npyFile(headerText({ order: 'True', shape: '(6,)' }), 24),
    reading: { ...PLAIN, fortranOrder: true, shape: [6] },
    uses: [/Fortran order/, '6', /Fortran order/],
  },
  'of one axis': {
    file: npyFile(headerText({ shape: '(6,)' }), 24),
    reading: { ...PLAIN, shape: [6] },
    uses: ['6', '6', /shape is \(6\), not \(rows, dimensions\)/],
  },
  'of no axis': {
    file: npyFile(headerText({ shape: '()' }), 4),
    reading: { ...PLAIN, shape: [] },
    uses: ['', '', /shape is \(\)/],
  },
  'of no rows': {
    file: npyFile(headerText({ shape: '(0, 3)' }), 0),
    reading: { ...PLAIN, shape: [0, 3] },
    uses: ['0x3', /./, '0x3'],
  },
  'of a shape beyond all bounds': {
    file: npyFile(headerText({ shape: '(99999999999999999999, 3)' }), 24),
    reading: { ...PLAIN, shape: [1e20, 3] },
    uses: [/size does not fit/, /./, /shape is \(100000000000000000000, 3\)/],
  },
  'cut in its data': {
    file: WHOLE.subarray(0, -1),
    reading: PLAIN,
    uses: [/size does not fit its shape/, /cut, or longer/, /cut short: 2 rows of 3 float32/],
  },
  'with bytes behind its data': {
    file: Buffer.concat([WHOLE, Buffer.alloc(4)]),
    reading: PLAIN,
    uses: [/size does not fit its shape/, /cut, or longer/, /longer than its shape/],
  },
  'of a structure': refused(
    npyFile(headerText({ descr: "[('a', '<f4'), ('b', '<f4')]" }), 48),
    /header is broken/,
  ),
  "of a shape in Python 2's long integers": refused(
    npyFile(headerText({ shape: '(2L, 3L)' }), 24),
    /header is broken/,
  ),
  'of a shape with a negative side': refused(
    npyFile(headerText({ shape: '(-2, 3)' }), 24),
    /header is broken/,
  ),
  'with a key twice': refused(
    npyFile("{'descr': '<f4', 'shape': (2, 3), 'shape': (2, 3), }", 24),
    /header is broken/,
  ),
  'with a fourth key': refused(
    npyFile(headerText().replace('}', "'descr': '<f4', }"), 24),
    /header is broken/,
  ),
  'with code in its header': refused(
    npyFile(headerText({ shape: '__import__("os")' }), 24),
    /header is broken/,
  ),
  'whose header says to be shorter': refused(withLength(WHOLE, 20), /header is broken/),
  'whose header says to be longer': refused(withLength(WHOLE, 180), /header is cut/),
  'whose header says to be of 4 GB': refused(
    withLength(npyFile(headerText(), 24, 2), 0xffffffff),
    /header is cut/,
  ),
  'cut in its header': refused(WHOLE.subarray(0, 40), /header is cut/),
  'cut in its preamble': refused(WHOLE.subarray(0, 9), /does not start as a \.npy file/),
  'of nothing': refused(Buffer.alloc(0), /does not start as a \.npy file/),
  'of another kind': refused(
    Buffer.from('PK\x03\x04 something that is no array'),
    /does not start as a \.npy file/,
  ),
  'of version 0': refused(npyFile(headerText(), 24, 0), /version is 0, not 1 to 3/),
  'of version 4': refused(npyFile(headerText(), 24, 4), /version is 4, not 1 to 3/),
};

function attempt(use: () => readonly number[]): string {
  try {
    return use().join('x');
  } catch (thrown) {
    return messageOf(thrown);
  }
}

for (const [name, { file, reading, uses }] of Object.entries(CASES)) {
  test(`the header of a file ${name} is read in one way, and each user says what it makes of it`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'bowerbird-test-'));
    t.teardown(() => rm(folder, { recursive: true }));
    const path = join(folder, 'array.npy');
    await writeFile(path, file);
    if (reading instanceof RegExp) {
      t.throws(() => readNpyHeader(file), { instanceOf: RangeError, message: reading });
    } else {
      const { dataOffset, ...header } = readNpyHeader(file);
      t.deepEqual(header, reading);
      t.is(file.toString('latin1', dataOffset - 1, dataOffset), '\n');
    }
    const made = [
      attempt(() => decodeNpy(file).shape),
      attempt(() => readNpy(file).shape),
      attempt(() => {
        const { rowCount, dimension } = readNpyLayout(path);
        return [rowCount, dimension];
      }),
    ];
    for (const [i, use] of uses.entries()) {
      if (use instanceof RegExp) t.regex(made[i]!, use);
      else t.is(made[i], use);
    }
  });
}

test('what is refused is refused in the terms of the user', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'bowerbird-test-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const path = join(folder, 'array.npy');
  for (const file of [
    WHOLE.subarray(0, 40),
    WHOLE.subarray(0, -1),
    npyFile(headerText({ descr: "'|O'" }), 24),
  ]) {
    await writeFile(path, file);
    t.throws(() => decodeNpy(file), { code: 'BB_INPUT_FORMAT' });
    t.throws(() => readNpy(file), { instanceOf: RangeError });
    const error = t.throws(() => readNpyLayout(path), { code: 'BB_INPUT_UNREADABLE' });
    t.true(error.message.startsWith(path));
  }
});

test('these headers are the bytes that numpy writes', async (t) => {
  const embeddings = await readFile(join(packageFolder, 'test/rescore/fixtures/embeddings/rows.npy'));
  const { shape, dataOffset } = readNpyHeader(embeddings);
  const header = headerText({ descr: "'<f2'", shape: `(${shape.join(', ')})` });
  t.deepEqual(npyFile(header, 0), embeddings.subarray(0, dataOffset));
});

test('numpy reads the same values and rounds the same way', (t) => {
  const script = `import sys, io, numpy as np
data = np.load(io.BytesIO(sys.stdin.buffer.read()))
wide = np.random.default_rng(7).standard_normal(200000).astype(np.float32) * np.float32(10) ** np.arange(-8, 5).repeat(15385)[:200000].astype(np.float32)
out = np.concatenate([wide.view(np.uint8), wide.astype(np.float16).view(np.uint8)])
sys.stdout.buffer.write(bytes([data.shape == (2, 3) and data.dtype == np.float16 and float(data.sum()) == 21.0]) + out.tobytes())`;
  let output: Buffer;
  try {
    const file = encodeNpy('float16', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
    output = execFileSync('python3', ['-W', 'ignore', '-c', script], {
      input: file,
      maxBuffer: 4e6,
      stdio: 'pipe',
    });
  } catch {
    t.log('skipped: no python3 with numpy here');
    t.pass();
    return;
  }
  const bytes = Uint8Array.from(output.subarray(1)).buffer;
  t.is(output[0], 1);
  t.deepEqual(toFloat16Bits(new Float32Array(bytes, 0, 200_000)), new Uint16Array(bytes, 800_000));
});
