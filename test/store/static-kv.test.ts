import { createHash } from 'node:crypto';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import type { InputIdentity } from '../../src/samples/input-identity.ts';
import type { ScoreRows } from '../../src/samples/score-rows.ts';
import {
  checkStaticKv,
  encodeKv,
  type KvInput,
  kvRecordBytes,
  parseKvFormat,
  readStaticKv,
} from '../../src/store/static-kv.ts';
import { fixtureRows, halfValue, KV_FIXTURES, type KvRow, packRows } from './kv-oracle.ts';
import { makeFolder, randomHashes, randomWords } from './rows.ts';

function rowsOf(rows: readonly KvRow[], names: readonly string[]): ScoreRows {
  return {
    hashes: BigInt64Array.from(rows, ({ hash }) => hash),
    columns: names.map((name) => Float32Array.from(rows, ({ scores }) => scores[name]!)),
  };
}

/** Each fixture with what its name says: columns and value format. */
async function fixtures(): Promise<{ path: string; columns: string[]; valueFormat: string }[]> {
  const names = (await readdir(KV_FIXTURES)).filter((name) => name.endsWith('.kv'));
  return names.map((name) => {
    const [columns, valueFormat] = name.split('.');
    return { path: join(KV_FIXTURES, name), columns: columns!.split('-'), valueFormat: valueFormat! };
  });
}

async function readAll(input: KvInput, wanted: readonly string[] = input.columns): Promise<ScoreRows[]> {
  const batches: ScoreRows[] = [];
  for await (const rows of readStaticKv(input, wanted)) batches.push(rows);
  return batches;
}

test("rows are encoded to the bytes that Python's struct packs", async (t) => {
  const rows = fixtureRows();
  const files = await fixtures();
  t.is(files.length, 5);
  for (const { path, columns, valueFormat } of files) {
    const format = parseKvFormat(`q+${valueFormat}`)!;
    const { bytes, count } = encodeKv(rowsOf(rows, columns), format);
    t.deepEqual(Buffer.from(bytes), await readFile(path), path);
    t.is(count * kvRecordBytes(format), bytes.length);
    t.true(count > 0 && count < rows.length, 'rows with a null are left out');
  }
});

test('any rows are encoded as the format has them, byte by byte', (t) => {
  const names = ['a', 'b', 'c'];
  const score = fc.oneof(
    fc.float({
      noNaN: true,
      noDefaultInfinity: true,
      min: Math.fround(-65519.996),
      max: Math.fround(65519.996),
    }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0),
    // Halfway between two float16, whichever is even.
    fc.integer({ min: 1024, max: 2047 }).map((n) => (2 * n + 1) / 4096),
  );
  const row = fc.record({
    hash: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    scores: fc.record({ a: score, b: score, c: score }),
  });
  fc.assert(
    fc.property(
      fc.array(row),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom('e', 'f'),
      (rows, count, letter) => {
        const chosen = names.slice(0, count);
        const format = parseKvFormat(`q+${letter.repeat(count)}`)!;
        const expected = packRows(rows, chosen, letter as 'e' | 'f');
        t.deepEqual(Buffer.from(encodeKv(rowsOf(rows, chosen), format).bytes), expected);
      },
    ),
  );
});

test('a part of larger arrays is encoded as if it stood alone', (t) => {
  const rows = rowsOf(fixtureRows(), ['aesthetic']);
  const part = { hashes: rows.hashes.subarray(3, 9), columns: [rows.columns[0]!.subarray(3, 9)] };
  const copy = { hashes: part.hashes.slice(), columns: [part.columns[0]!.slice()] };
  for (const name of ['q+e', 'q+f']) {
    const format = parseKvFormat(name)!;
    t.deepEqual(encodeKv(part, format), encodeKv(copy, format));
  }
});

test('a finite score that float16 cannot hold is refused, as struct refuses it', (t) => {
  const rows = { hashes: BigInt64Array.of(4n, -77n), columns: [Float32Array.of(1, 65520)] };
  t.throws(() => encodeKv(rows, parseKvFormat('q+e')!), {
    code: 'BB_SCORE_RANGE',
    message: /65520 of hash -77/,
  });
  t.is(encodeKv(rows, parseKvFormat('q+f')!).count, 2);
});

test('files of Python come back as its rows, with the columns asked for', async (t) => {
  for (const { path, columns, valueFormat } of await fixtures()) {
    const input = { path, columns, format: parseKvFormat(`q+${valueFormat}`)! };
    const rows = fixtureRows().filter(({ scores }) => columns.every((name) => !Number.isNaN(scores[name])));
    const bytes = await readFile(path);
    const recordBytes = bytes.length / rows.length;
    const wanted = columns.toReversed();
    const [read, ...more] = await readAll(input, wanted);
    t.deepEqual(more, []);
    t.deepEqual(
      [...read!.hashes],
      rows.map(({ hash }) => hash),
    );
    for (const [i, name] of wanted.entries()) {
      const place = columns.indexOf(name);
      const expected = rows.map((_, row) =>
        valueFormat[0] === 'e'
          ? halfValue(bytes.readUInt16LE(row * recordBytes + 8 + 2 * place))
          : bytes.readFloatLE(row * recordBytes + 8 + 4 * place),
      );
      t.deepEqual([...read!.columns[i]!], expected, `${path} ${name}`);
    }
  }
});

test('a long file is read in parts, and its source says rows, size and digest', async (t) => {
  const path = join(await makeFolder(t), 'long');
  const hashes = randomHashes(150_000, 31).sort();
  const next = randomWords(32);
  const rows = { hashes, columns: [Float32Array.from(hashes, () => (next() & 1023) / 64)] };
  const format = parseKvFormat('q+e')!;
  const { bytes } = encodeKv(rows, format);
  await writeFile(path, bytes);
  const sources: InputIdentity[] = [];
  const batches: ScoreRows[] = [];
  for await (const batch of readStaticKv({ path, format, columns: ['a'] }, ['a'], (source) =>
    sources.push(source),
  ))
    batches.push(batch);
  t.true(batches.length > 1);
  t.deepEqual(
    batches.flatMap((batch) => [...batch.hashes]),
    [...hashes],
  );
  t.deepEqual(
    batches.flatMap((batch) => [...batch.columns[0]!]),
    [...rows.columns[0]!],
  );
  const fingerprint = createHash('sha256').update(bytes).digest('hex');
  t.deepEqual(sources, [{ path, sizeBytes: 1_500_000, rowCount: 150_000, fingerprint }]);
});

test('an empty file has no rows', async (t) => {
  const path = join(await makeFolder(t), 'empty');
  await writeFile(path, '');
  t.deepEqual(await readAll({ path, columns: ['a'], format: parseKvFormat('q+e')! }), []);
});

test('a file that cannot have the format stated is refused, not misread', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'file');
  const hashes = randomHashes(600, 33).sort();
  const columns = [new Float32Array(600).fill(5)];
  await writeFile(path, encodeKv({ hashes, columns }, parseKvFormat('q+e')!).bytes);
  const stated = (format: string, names: string[]): KvInput => ({
    path,
    format: parseKvFormat(format)!,
    columns: names,
  });
  // 6000 bytes are also 500 records of 12 bytes, whose keys go up and down.
  await t.throwsAsync(readAll(stated('q+ee', ['a', 'b'])), {
    code: 'BB_INPUT_FORMAT',
    message: /below the one before/,
  });
  const eee = stated('q+eee', ['a', 'b', 'c']);
  const message = /6000 bytes are 428 records of 14 bytes and 8 more/;
  await t.throwsAsync(readAll(eee), { code: 'BB_INPUT_FORMAT', message });
  await t.throwsAsync(checkStaticKv(eee, ['a']), { code: 'BB_INPUT_FORMAT', message });
  const missing = { code: 'BB_COLUMN_MISSING', message: /has no b: it holds a\./ };
  await t.throwsAsync(checkStaticKv(stated('q+e', ['a']), ['b']), missing);
  await t.throwsAsync(readAll(stated('q+e', ['a']), ['b']), missing);
  await t.throwsAsync(readAll({ ...eee, path: join(folder, 'none') }), { code: 'BB_INPUT_UNREADABLE' });
  if (process.getuid?.() === 0) {
    t.log('the administrator may read everything: permissions are left out');
    return;
  }
  await chmod(path, 0);
  await t.throwsAsync(readAll(eee), { code: 'BB_INPUT_UNREADABLE', message: /permission denied/ });
});

test('a key may stand twice', async (t) => {
  const path = join(await makeFolder(t), 'twice');
  const format = parseKvFormat('q+e')!;
  const rows = { hashes: BigInt64Array.of(-1n, 7n, 7n), columns: [Float32Array.of(1, 2, 3)] };
  await writeFile(path, encodeKv(rows, format).bytes);
  t.deepEqual(await readAll({ path, format, columns: ['a'] }), [rows]);
});

test('formats are read as the library names them, and no others', (t) => {
  t.deepEqual(parseKvFormat('q+ee'), { precision: 'float16', columnCount: 2 });
  t.deepEqual(parseKvFormat('q+f'), { precision: 'float32', columnCount: 1 });
  for (const other of ['', 'q', 'q+', 'ee', 'q+ef', 'Q+e', 'q+d', ' q+e', 'q+ee\n'])
    t.is(parseKvFormat(other), undefined, JSON.stringify(other));
});
