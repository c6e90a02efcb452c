import { join } from 'node:path';
import test from 'ava';
import { runSubset } from '../../src/subset/subset.ts';
import {
  aestheticHead,
  halfRows,
  headWeights,
  makeFolder as makeEmbeddings,
  rescore,
  writeHead,
} from '../rescore/setup.ts';
import { makeFolder, optionsOf, writeMetadata } from './world.ts';

test('a threshold of scores that were likes is told in likes, and likes as a threshold', async (t) => {
  const folder = await makeFolder(t);
  const rows = Array.from({ length: 40 }, (_, i) => ({
    hash: BigInt(i),
    url: `https://example.org/${i}.jpg`,
  }));
  await makeEmbeddings(join(folder, 'embeddings'), 8, [
    { number: '0', values: halfRows(5, 40, 8).halves, columns: { hash: 'BIGINT', url: 'VARCHAR' }, rows },
  ]);
  const label = { transform: 'log1p', unit: 'likes' };
  const head = await writeHead(join(folder, 'head.json'), headWeights(1, 8), 2, { label });
  const run = join(folder, 'run');
  await rescore([join(folder, 'embeddings')], run, { heads: [aestheticHead(head)] });
  await writeMetadata(folder, [rows.map(({ hash, url }) => ({ hash, URL: url, TEXT: 'a', WIDTH: 1 }))]);
  const selections = [{ name: 'best', lower: 500, kind: 'above' }] as const;
  // e^500 is no number of likes; ln 501 is 6.2166.
  const told =
    /^The threshold 500 is one of aesthetic, which is log1p of likes: it stands for more likes than are counted\. 500 likes are a score of 6\.21661\.$/m;
  for (const [place, inputs] of [
    { metadata: [run] },
    { metadata: [join(folder, 'metadata')], tags: [run] },
  ].entries()) {
    const notes: string[] = [];
    const options = optionsOf(folder, { ...inputs, selections, outputFolder: join(folder, `best-${place}`) });
    const { summary } = await runSubset(options, { onNote: (text) => notes.push(text) });
    t.is(summary.subsets[0]!.kept, 0);
    t.regex(notes.join('\n'), told);
  }
  const notes: string[] = [];
  const options = optionsOf(folder, { metadata: [run], outputFolder: join(folder, 'all') });
  await runSubset(options, { onNote: (text) => notes.push(text) });
  t.notRegex(notes.join('\n'), /threshold/);
  // What is above so many likes is had without knowing any score.
  const byLikes = optionsOf(folder, {
    metadata: [run],
    where: 'aesthetic_likes > 5',
    outputFolder: join(folder, 'likes'),
  });
  const { summary } = await runSubset(byLikes, { onNote: () => undefined });
  t.true(summary.subsets[0]!.kept > 0 && summary.subsets[0]!.kept < 40);
});
