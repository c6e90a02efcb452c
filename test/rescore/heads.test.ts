import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { packageFolder } from '../../src/base/package.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import {
  aestheticHead,
  halfRows,
  headWeights,
  linearScore,
  makeFolder,
  rescore,
  temporaryFolder,
  unitRows,
  writeHead,
} from './setup.ts';

const DIMENSION = 96;
const BIAS = 4.25;

test('several heads fill their columns in one run, linear or not', async (t) => {
  const folder = await temporaryFolder(t);
  const { halves, rows } = halfRows(4, 500, DIMENSION);
  await makeFolder(folder, DIMENSION, [{ number: '0', values: halves }]);
  const sets = [1, 2, 3, 4].map((seed) => headWeights(seed, DIMENSION));
  const [a, b, c] = await Promise.all(
    sets.slice(0, 3).map((weights, i) => writeHead(join(folder, `h${i}.json`), weights, i)),
  );
  const unsafe = await writeHead(join(folder, 'unsafe.json'), sets[3]!, -1, {
    tag: 'punsafe',
    activation: 'sigmoid',
  });
  const out = join(folder, 'out');
  await rescore([folder], out, {
    heads: [
      aestheticHead(a!),
      { column: 'punsafe', tag: 'punsafe', path: unsafe },
      { column: 'second', path: b! },
      { column: 'third', path: c! },
    ],
  });
  const tags = await readParquet(join(out, 'tags', '00000.parquet'));
  const columns = Object.keys(tags[0]!);
  t.deepEqual(columns.slice(-3), ['dropped_by', 'second', 'third'], 'further heads come last');
  for (const [i, row] of rows.entries()) {
    const [first, second, third, logit] = sets.map((weights, h) =>
      linearScore(row, weights, h === 3 ? -1 : h),
    );
    const expected = {
      aesthetic: first!,
      second: second!,
      third: third!,
      punsafe: 1 / (1 + Math.exp(-logit!)),
    };
    for (const [name, value] of Object.entries(expected)) {
      t.true(Math.abs((tags[i]![name] as number) - value) < 1e-6, `${name} of row ${i}`);
    }
  }
  t.true(
    tags.every((tag) => tag['kept'] === (tag['punsafe'] as number) < 0.5),
    "LAION's threshold holds for the computed tag",
  );
});

test('a regressor gives its scores in the unit of its label too, and so does a further one', async (t) => {
  const folder = await temporaryFolder(t);
  await makeFolder(folder, 8, [{ number: '0', values: halfRows(5, 40, 8).halves }]);
  const label = { transform: 'log1p', unit: 'likes' };
  const [first, second] = [1, 2].map((seed) => headWeights(seed, 8));
  const heads = [
    aestheticHead(await writeHead(join(folder, 'a.json'), first!, 2, { label })),
    { column: 'second', path: await writeHead(join(folder, 'b.json'), second!, 3, { label }) },
  ];
  const { outcome } = await rescore([folder], join(folder, 'out'), { heads });
  t.like(outcome.record.heads, { aesthetic: { label }, second: { label } });
  const tags = await readParquet(join(folder, 'out', 'tags', '00000.parquet'));
  t.deepEqual(Object.keys(tags[0]!).slice(-3), ['second', 'aesthetic_likes', 'second_likes']);
  for (const row of tags)
    for (const column of ['aesthetic', 'second']) {
      const wanted = Math.max(0, Math.expm1(row[column] as number));
      t.true(Math.abs((row[`${column}_likes`] as number) - wanted) <= 1e-6 * (1 + wanted));
    }
  const clash = [heads[0]!, { column: 'aesthetic_likes', path: heads[1]!.path }];
  await t.throwsAsync(rescore([folder], join(folder, 'clash'), { heads: clash }), {
    code: 'BB_USAGE',
    message: /two columns aesthetic_likes/,
  });
});

test('an ensemble gives its spread too, behind all others, of rows that have a score', async (t) => {
  const folder = await temporaryFolder(t);
  const { halves, rows } = halfRows(5, 40, 8);
  halves.fill(0, 24, 32);
  await makeFolder(folder, 8, [{ number: '0', values: halves }]);
  const members = [1, 2].map((seed) => headWeights(seed, 8));
  for (const combine of ['mean', 'lower-median']) {
    const path = join(folder, `${combine}.json`);
    const layers = [
      { weights: members, bias: [1, 2] },
      { weights: [[0.5, 0.5]], bias: [3] },
    ];
    await writeFile(
      path,
      JSON.stringify({ format: 'bowerbird-head', version: 1, layers, ensemble: { members: 2, combine } }),
    );
    const heads = [aestheticHead(path), { column: 'second', path }];
    await rescore([folder], join(folder, combine), { heads });
    const tags = await readParquet(join(folder, combine, 'tags', '00000.parquet'));
    t.deepEqual(Object.keys(tags[0]!).slice(-3), ['second', 'aesthetic_std', 'second_std']);
    for (const [i, row] of rows.entries()) {
      const [a, b] = members.map((weights, m) => linearScore(row, weights, 4 + m)) as [number, number];
      const wanted =
        i === 3
          ? [null, null]
          : [combine === 'mean' ? (a + b) / 2 : Math.min(a, b), Math.abs(a - b) / Math.SQRT2];
      for (const [column, value] of [
        ['aesthetic', wanted[0]],
        ['aesthetic_std', wanted[1]],
      ] as const) {
        const found = tags[i]![column] as number | null;
        t.true(value === null ? found === null : Math.abs(found! - value!) < 1e-5, `${column} of row ${i}`);
      }
    }
  }
});

test('a head of another dimension is refused before any work', async (t) => {
  const folder = await temporaryFolder(t);
  await makeFolder(folder, 8, [{ number: '0', values: halfRows(1, 4, 8).halves }]);
  const head = await writeHead(join(folder, 'head.json'), headWeights(1, 9), 0);
  await t.throwsAsync(rescore([folder], join(folder, 'out'), { heads: [aestheticHead(head)] }), {
    code: 'BB_HEAD_MISMATCH',
    message: /takes embeddings of 9 dimensions.*have 8/s,
  });
});

test('a head that does not ask for length 1 scores embeddings of any length', async (t) => {
  const folder = await temporaryFolder(t);
  const long = unitRows(9, 200, DIMENSION).map((value) => value * 7);
  long.fill(0, 0, DIMENSION);
  await makeFolder(folder, DIMENSION, [{ number: '0', values: long }]);
  const weights = headWeights(1, DIMENSION);
  const head = await writeHead(join(folder, 'head.json'), weights, BIAS, { unit_norm: false });
  await rescore([folder], join(folder, 'out'), { heads: [aestheticHead(head)] });
  const tags = await readParquet(join(folder, 'out', 'tags', '00000.parquet'));
  t.is(tags[0]!['reason'], 'embedding_invalid');
  for (let i = 1; i < 200; i++) {
    const score = linearScore([...long.subarray(i * DIMENSION, (i + 1) * DIMENSION)], weights, BIAS);
    t.true(Math.abs((tags[i]!['aesthetic'] as number) - score) < 1e-5, `row ${i}`);
  }
});

test('a head for another encoder than the one that the folder names is refused', async (t) => {
  const folder = await temporaryFolder(t);
  await makeFolder(folder, 8, [{ number: '0', values: halfRows(1, 5, 8).halves }]);
  const digest = 'ab'.repeat(32);
  const encoder = {
    name: 'ViT-X',
    description: '',
    digest,
    dimension: 8,
    provider: 'cpu',
    batch_invariant: true,
  };
  await writeFile(join(folder, 'run.json'), JSON.stringify({ format: 'bowerbird-run', version: 1, encoder }));
  const weights = headWeights(1, 8);
  const other = await writeHead(join(folder, 'other.json'), weights, 0, { encoder: { name: 'ViT-Y' } });
  await t.throwsAsync(rescore([folder], join(folder, 'out'), { heads: [aestheticHead(other)] }), {
    code: 'BB_HEAD_MISMATCH',
    message: /ViT-Y.*ViT-X/s,
  });
  const own = await writeHead(join(folder, 'own.json'), weights, 0, { encoder: { name: 'ViT-X' } });
  const { outcome } = await rescore([folder], join(folder, 'out'), { heads: [aestheticHead(own)] });
  t.is(outcome.record.encoder.digest, digest);
});

// LAION's own bucket means as embeddings under LAION's own head; the scores were computed with torch.
const LAION = join(packageFolder, '..', 'shared', 'laion');
const PUBLISHED_SCORES = [
  -2.457909, -0.137857, 1.89511, 3.584934, 5.099726, 6.470104, 7.78699, 9.048002, 10.226409, 11.304426,
];

test("LAION's published bucket means get the scores that torch gives them", async (t) => {
  if (!existsSync(LAION)) {
    t.pass(`skipped: ${LAION} is absent`);
    t.log(`skipped: ${LAION} is absent`);
    return;
  }
  const files = await Promise.all(
    PUBLISHED_SCORES.map(async (_, k) => {
      const bytes = await readFile(join(LAION, 'bucket_means', 'vit_l_14', `rating${k}.npy`));
      return new Float32Array(Uint8Array.from(bytes.subarray(bytes.length - 768 * 4)).buffer);
    }),
  );
  const folder = await temporaryFolder(t);
  const values = Float32Array.from(files.flatMap((file) => [...file]));
  await makeFolder(folder, 768, [{ number: '0', values }]);
  const head = aestheticHead(join(LAION, 'heads', 'sa_0_4_vit_l_14_linear.pth'));
  const { outcome } = await rescore([folder], join(folder, 'out'), { heads: [head] });
  const tags = await readParquet(join(folder, 'out', 'tags', '00000.parquet'));
  for (const [k, score] of PUBLISHED_SCORES.entries()) {
    t.true(Math.abs((tags[k]!['aesthetic'] as number) - score) < 2e-6, `${k}: ${tags[k]!['aesthetic']}`);
  }
  const counts = outcome.state === 'done' ? outcome.merged.buckets.map(({ count }) => count) : [];
  t.deepEqual(counts, [2, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 2]);
});
