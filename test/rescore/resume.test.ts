import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { toHalves } from '../../scripts/half.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { runCli, startCli } from '../helpers/run-cli.ts';
import {
  aestheticHead,
  errorOf,
  halfRows,
  headWeights,
  makeFolder,
  rescore,
  temporaryFolder,
  unitRows,
  writeHead,
} from './setup.ts';

const DIMENSION = 64;

async function finishedShards(out: string): Promise<number> {
  const names = await readdir(join(out, 'stats')).catch(() => []);
  return names.filter((name) => name.endsWith('_stats.json')).length;
}

test('a run that is killed again and again ends with the same bytes as one that is not', async (t) => {
  const folder = await temporaryFolder(t);
  const files = Array.from({ length: 24 }, (_, i) => ({
    number: String(i),
    values: toHalves(unitRows(i + 1, 600, DIMENSION)),
  }));
  await makeFolder(folder, DIMENSION, files);
  const head = await writeHead(join(folder, 'head.json'), headWeights(1, DIMENSION), 4);
  const args = (out: string): string[] => [
    ...['score', folder, '--input-format', 'embeddings', '--aesthetic-head', head],
    ...[
      '--extra-head',
      `other=${head}`,
      '--output-folder',
      join(folder, out),
      '--min-aesthetic',
      '5',
      '--json',
    ],
  ];
  const whole = await runCli([...args('whole'), '--score-threads', '1']);
  t.is(whole.exitCode, 0, whole.stderr);

  const out = join(folder, 'killed');
  const doneAfterKill: number[] = [];
  while (doneAfterKill.length < 3) {
    const before = await finishedShards(out);
    const run = startCli(args('killed'), { isDoomed: true });
    // Each kill comes a few shards after the last one.
    while ((await finishedShards(out)) < before + 4 && run.process.exitCode === null) await sleep(2);
    run.process.kill('SIGKILL');
    if ((await run.ended).signal !== 'SIGKILL') {
      // It came to its end before this process looked again: all over again.
      await rm(out, { recursive: true });
      doneAfterKill.length = 0;
      continue;
    }
    doneAfterKill.push(await finishedShards(out));
    for (const name of await readdir(join(out, 'tags'))) {
      if (name.startsWith('.')) continue;
      const bytes = await readFile(join(out, 'tags', name));
      t.is(bytes.toString('latin1', bytes.length - 4), 'PAR1', `${name} is not whole`);
    }
  }
  t.log(`shards finished after each kill: ${doneAfterKill.join(' ')}`);
  const last = await runCli(args('killed'));
  t.is(last.exitCode, 0, last.stderr);
  t.deepEqual(await digestRun(out), await digestRun(join(folder, 'whole')));
  t.deepEqual(JSON.parse(last.stdout).buckets, JSON.parse(whole.stdout).buckets);
});

test('a run goes on only with the same heads, settings and files; new files are added with extend', async (t) => {
  const folder = await temporaryFolder(t);
  const file = (number: string): { number: string; values: Uint16Array } => ({
    number,
    values: halfRows(Number(number), 50, DIMENSION).halves,
  });
  await makeFolder(folder, DIMENSION, [file('5')]);
  const head = aestheticHead(await writeHead(join(folder, 'a.json'), headWeights(1, DIMENSION), 4));
  const other = aestheticHead(await writeHead(join(folder, 'b.json'), headWeights(2, DIMENSION), 4));
  const out = join(folder, 'out');
  await rescore([folder], out, { heads: [head] });
  const first = await digestRun(out);
  t.regex((await errorOf(rescore([folder], out, { heads: [other] }))).message, /the aesthetic head was/);
  t.regex(
    (await errorOf(rescore([folder], out, { heads: [head], scoresOnly: true }))).message,
    /--scores-only was false/,
  );

  // It sorts before the file that is there, whose shard keeps its number all the same.
  await makeFolder(folder, DIMENSION, [file('3')]);
  t.regex((await errorOf(rescore([folder], out, { heads: [head] }))).message, /img_emb_3\.npy is new/);
  const { outcome } = await rescore([folder], out, { heads: [head], incrementalMode: 'extend' });
  t.is(outcome.state === 'done' && outcome.merged.counts.count, 100);
  t.is((await digestRun(out))['tags/00000.parquet'], first['tags/00000.parquet']);

  await makeFolder(folder, DIMENSION, [{ number: '5', values: halfRows(9, 50, DIMENSION).halves }]);
  t.regex(
    (await errorOf(rescore([folder], out, { heads: [head] }))).message,
    /img_emb_5\.npy has other content/,
  );
});

test('a run that is told to close finishes what it has begun, and the next one the rest', async (t) => {
  const folder = await temporaryFolder(t);
  const files = Array.from({ length: 12 }, (_, i) => ({
    number: String(i),
    values: halfRows(i + 1, 40, DIMENSION).halves,
  }));
  await makeFolder(folder, DIMENSION, files);
  const heads = [aestheticHead(await writeHead(join(folder, 'a.json'), headWeights(1, DIMENSION), 4))];
  const out = join(folder, 'out');
  const closing = new AbortController();
  const running = rescore([folder], out, { heads }, closing.signal);
  while ((await finishedShards(out)) === 0) await sleep(1);
  closing.abort();
  const { outcome } = await running;
  const finished = await finishedShards(out);
  t.is(outcome.state, 'interrupted');
  t.true(finished >= 1 && finished < 12, `${finished} shards`);
  const { outcome: rest } = await rescore([folder], out, { heads });
  t.is(rest.state === 'done' && rest.merged.counts.count, 480);
  await rm(join(out, 'stats', '00003_stats.json'));
  const { outcome: again } = await rescore([folder], out, { heads });
  t.is(again.state === 'done' && again.merged.counts.count, 480);
});

test('a run in the folder of its embeddings is replaced, and the embeddings stay', async (t) => {
  const folder = await temporaryFolder(t);
  await makeFolder(folder, DIMENSION, [{ number: '0', values: halfRows(1, 50, DIMENSION).halves }]);
  const inputs = await digestRun(folder);
  const first = aestheticHead(await writeHead(join(folder, 'a.json'), headWeights(1, DIMENSION), 4));
  const second = aestheticHead(await writeHead(join(folder, 'b.json'), headWeights(2, DIMENSION), 4));
  await rescore([folder], folder, { heads: [first] });
  await rescore([folder], folder, { heads: [second], incrementalMode: 'overwrite' });
  await rescore([folder], join(folder, 'fresh'), { heads: [second] });
  const digests = await digestRun(folder);
  t.like(digests, inputs);
  for (const [name, digest] of Object.entries(await digestRun(join(folder, 'fresh'))))
    t.is(digests[name], digest);
  t.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('.')),
    [],
  );
});
