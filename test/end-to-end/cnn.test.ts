import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { encodePng } from '../../src/cnn/png.ts';
import { transformCount } from '../../src/samples/label.ts';
import { SQUARE_SIDE_PX, squares, temporaryFolder } from '../cnn/datasets.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { runCli } from '../helpers/run-cli.ts';

const POSTS = 90;

test('posts become a dataset, a network and scores: score gives what training saw the network give, and brings it back to shares of the best', async (t) => {
  const folder = await temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  const { pixels, labels } = squares('end to end', POSTS);
  await mkdir(at('pictures'));
  const bytes = 3 * SQUARE_SIDE_PX ** 2;
  const lines = ['post_id,user,likes,image_path'];
  for (const [i, likes] of labels.entries()) {
    const picture = pixels.subarray(i * bytes, (i + 1) * bytes);
    await writeFile(at(`pictures/${i}.png`), encodePng(picture, SQUARE_SIDE_PX));
    lines.push(`${i},user${i % 3},${likes},pictures/${i}.png`);
  }
  await writeFile(at('posts.csv'), `${lines.join('\n')}\n`);
  const run = async (...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await runCli(args);
    t.is(exitCode, 0, stderr);
    return stdout;
  };
  await run('posts', 'add', at('posts.csv'), '--to', at('table'));
  const labelled = [
    '--image-size',
    String(SQUARE_SIDE_PX),
    '--label-transform',
    'expr:sqrt(x)',
    '--processes',
    '1',
  ];
  await run('posts', 'dataset', at('table'), '--output-folder', at('dataset'), ...labelled);
  const small = ['--convolutions', '3x4', '--layers', '8', '--epochs', '3', '--threads', '1', '--json'];
  const record = JSON.parse(
    await run(
      'train',
      '--method',
      'cnn',
      '--dataset',
      at('dataset'),
      '--output-folder',
      at('network'),
      ...small,
    ),
  );
  t.true('test, mean of the user' in record.measures);
  const scoring = ['--input-format', 'images', '--aesthetic-head', at('network'), '--processes-count', '1'];
  await run('score', at('pictures'), '--output-folder', at('scored'), '--batch-size', '2', ...scoring);

  const rows = await readParquet(at('scored/tags/00000.parquet'));
  const scores = new Map(rows.map((row) => [String(row['path']), row]));
  const ids = (await readFile(at('dataset/test-ids.txt'), 'utf8')).trimEnd().split('\n');
  const best = [0, 1, 2].map((user) => Math.max(...labels.filter((_, i) => i % 3 === user)));
  const errors = ids.map((id) => {
    const share = labels[Number(id)]! / best[Number(id) % 3]!;
    return Number(scores.get(`${id}.png`)!['aesthetic']) - transformCount('expr:sqrt(x)', share);
  });
  const rmse = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length);
  t.true(Math.abs(rmse - record.measures.test.rmse) < 1e-5, `${rmse} and ${record.measures.test.rmse}`);
  for (const { aesthetic, aesthetic_share_of_best: share } of scores.values())
    t.true(Math.abs(Number(share) - Math.max(0, Number(aesthetic)) ** 2) < 1e-5);
});
