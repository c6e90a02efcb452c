import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { checkHead } from '../../src/check/check-head.ts';
import { temporaryFolder } from '../helpers/odd-models.ts';

const HEAD = { format: 'bowerbird-head', version: 1 };

test('a head is told by what it takes, its encoder and its scores', async (t) => {
  const path = join(await temporaryFolder(t), 'head.json');
  await writeFile(
    path,
    JSON.stringify({ ...HEAD, layers: [{ weights: [[1, 2, -1]], bias: [5] }], encoder: { name: 'mine' } }),
  );
  const { dimension, encoder, scores, problems } = await checkHead(path);
  t.deepEqual([dimension, encoder, problems], [3, 'mine', []]);
  // 5, and what a unit embedding can add: the root of 1 + 4 + 1.
  t.true(scores.least >= 5 - Math.sqrt(6) && scores.greatest <= 5 + Math.sqrt(6));
});

test('a head that gives the same score to all embeddings is found out', async (t) => {
  const path = join(await temporaryFolder(t), 'head.json');
  await writeFile(path, JSON.stringify({ ...HEAD, layers: [{ weights: [[0, 0, 0]], bias: [5] }] }));
  t.deepEqual((await checkHead(path)).problems, ['Different embeddings have the same score.']);
});
