import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { goldenProblem, goldenValues, readGolden } from '../../src/models/golden.ts';
import { readManifest } from '../../src/models/manifest.ts';
import { smallManifest, temporaryFolder } from '../helpers/odd-models.ts';

/** float32 1, 0, -2: little endian. */
const ROW = Buffer.from('0000803f00000000000000c0', 'hex').toString('base64');
const GOLDEN = { pictures: 1, rows: [ROW, ROW, ROW, ROW], source: 'torch' };

test('golden rows are read as float32, little endian', (t) => {
  t.deepEqual([...goldenValues([ROW, ROW])], [1, 0, -2, 1, 0, -2]);
});

test('what cannot be golden rows of a model is refused, saying why', async (t) => {
  const path = join(await temporaryFolder(t), 'golden.json');
  const withRow = (row: unknown): unknown => ({ ...GOLDEN, rows: [ROW, row, ROW, ROW] });
  const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
  for (const [raw, problem] of [
    [[], /no JSON object/],
    [{ ...GOLDEN, pictures: 2 }, /"pictures" is not 1/],
    [{ ...GOLDEN, source: '' }, /"source" does not say/],
    [{ ...GOLDEN, rows: [ROW] }, /no list of 4/],
    [{ ...GOLDEN, row: 1 }, /"row", which is not known/],
    [withRow(7), /row 1 is not/],
    [withRow('not base64'), /row 1 is not/],
    [withRow(` ${ROW}`), /row 1 is not/],
    [withRow(base64('0000803f')), /row 1 is not the base64 of 3/],
    [withRow(base64('0000c07f0000803f0000803f')), /row 1 is not/],
    [withRow(base64('000000000000000000000000')), /not all zero/],
  ] as const) {
    await writeFile(path, JSON.stringify(raw));
    const refused = await t.throwsAsync(readGolden(path, 3), { code: 'BB_MODEL_GOLDEN' });
    t.regex(refused!.message, problem);
  }
  t.is(goldenProblem(GOLDEN, 3), undefined);
});

test('a score may be 0 for one picture, as that of a regressor, and not for all', (t) => {
  const [zero, one] = ['AAAAAA==', 'AACAPw=='];
  t.is(goldenProblem({ ...GOLDEN, rows: [one, zero, one, one] }, 1), undefined);
  t.is(goldenProblem({ ...GOLDEN, rows: [zero, zero, zero, zero] }, 1), 'they are all zero');
});

test('golden rows of a manifest are rows of its dimension', async (t) => {
  const path = join(await temporaryFolder(t), 'manifest.json');
  await writeFile(path, JSON.stringify(smallManifest({ golden: GOLDEN })));
  t.deepEqual((await readManifest(path)).golden as unknown, GOLDEN);
  await writeFile(path, JSON.stringify(smallManifest({ golden: GOLDEN, dimension: 4 })));
  const refused = await t.throwsAsync(readManifest(path), { code: 'BB_MODEL_MANIFEST' });
  t.regex(refused!.message, /of "golden", row 0 is not the base64 of 4/);
});
