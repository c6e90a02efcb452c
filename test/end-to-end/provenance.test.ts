import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { HeadOrigin, ScoreOrigin } from '../../src/samples/provenance/origin.ts';
import type { ScoreOrigins } from '../../src/samples/provenance/provenance.ts';
import { provenanceOption } from '../../src/tables/provenance.ts';
import { makeFolder, type Owner } from '../helpers/make-folder.ts';
import { readProvenance } from '../helpers/read-parquet.ts';
import { type CliResult, LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { valueProblems } from '../helpers/schemas.ts';
import { makeWorld } from '../helpers/scored-world.ts';
import { headWeights, writeHead } from '../rescore/setup.ts';
import { BY_MODEL, byHead } from '../samples/provenance/origins.ts';
import { duck } from '../shards/fixtures.ts';

const FIRST = [byHead('first')];
const SECOND = [byHead('second')];
const ROWS = 20;

interface Tags {
  readonly from: number;
  readonly scores?: ScoreOrigins;
}

/** Tags with URLs; without `scores` they say nothing of where their scores come from. */
async function writeTags(path: string, { from, scores }: Tags): Promise<string> {
  const metadata = scores ? `, ${provenanceOption({ scores })}` : '';
  await duck(`COPY (SELECT i AS hash, 'http://a/' || i AS url, 5 + i / 10 AS aesthetic, 0.1::FLOAT AS punsafe
    FROM range(${from}, ${from + ROWS}) AS rows(i)) TO '${path}' (FORMAT parquet${metadata})`);
  return path;
}

/** Tags of one head, of another, and such that say nothing. */
async function threeTags(t: Owner): Promise<{ folder: string; a: string; b: string; unstated: string }> {
  const folder = await makeFolder(t);
  return {
    folder,
    a: await writeTags(join(folder, 'a.parquet'), {
      from: 0,
      scores: { aesthetic: FIRST, punsafe: [BY_MODEL] },
    }),
    b: await writeTags(join(folder, 'b.parquet'), {
      from: 100,
      scores: { aesthetic: SECOND, punsafe: [BY_MODEL] },
    }),
    unstated: await writeTags(join(folder, 'c.parquet'), { from: 200 }),
  };
}

const isRefused = ({ exitCode, stderr }: CliResult): boolean =>
  exitCode === 2 && /\[BB_PROVENANCE_MIXED\]/.test(stderr);

test('buckets refuses scores of two heads, naming both, and counts them when it is told to', async (t) => {
  const { a, b, unstated } = await threeTags(t);
  const refused = await runCli(['buckets', a, b]);
  t.true(isRefused(refused), refused.stderr);
  t.regex(
    refused.stderr,
    /of .*a\.parquet and of .*b\.parquet are different.*the head "first".*the head "second"/s,
  );
  t.true(isRefused(await runCli(['buckets', a, unstated])));

  const told = await runCli(['buckets', a, b, unstated, '--mixed-provenance', '--json']);
  t.is(told.exitCode, 0, told.stderr);
  const { rows, provenance } = JSON.parse(told.stdout);
  t.is(rows, 3 * ROWS);
  t.is(provenance.scores.aesthetic.length, 3);
  t.deepEqual(valueProblems('provenance.schema.json', provenance), []);
  const shown = await runCli(['buckets', a, b, '--mixed-provenance']);
  t.regex(shown.stdout, /The aesthetic is of 2 origins: the head "first".*; the head "second"/);
});

test('files that say nothing go together as before', async (t) => {
  const { folder, unstated } = await threeTags(t);
  const other = await writeTags(join(folder, 'd.parquet'), { from: 300 });
  const counted = await runCli(['buckets', unstated, other, '--json']);
  t.is(counted.exitCode, 0, counted.stderr);
  t.is(JSON.parse(counted.stdout).rows, 2 * ROWS);
});

test('subset refuses a mix in metadata and in tag tables; told, it writes the mix into each file and subset.json', async (t) => {
  const { folder, a, b, unstated } = await threeTags(t);
  const subset = (out: string, ...more: string[]): Promise<CliResult> =>
    runCli(['subset', '--min-aesthetic', '5', '--output-folder', join(folder, out), '--json', ...more]);
  t.true(isRefused(await subset('none', '--metadata', `${a},${b}`)));
  t.true(isRefused(await subset('none', '--metadata', unstated, '--tags', `${a},${b}`)));

  const told = await subset('mix', '--metadata', `${a},${b}`, '--mixed-provenance', '--output-files', '2');
  t.is(told.exitCode, 0, told.stderr);
  const summary = JSON.parse(told.stdout);
  t.deepEqual(valueProblems('subset.schema.json', summary), []);
  t.deepEqual(summary.provenance.scores.aesthetic, [...FIRST, ...SECOND]);
  for (const { name } of summary.subsets[0].files) {
    t.deepEqual((await readProvenance(join(folder, 'mix', name)))?.scores, {
      aesthetic: [...FIRST, ...SECOND],
      punsafe: [BY_MODEL],
    });
  }

  // A subset of the subset, beside one of what it mixes.
  const again = await subset('again', '--metadata', `${join(folder, 'mix')},${a}`);
  t.is(again.exitCode, 0, again.stderr);
  t.is(JSON.parse(again.stdout).provenance.scores.aesthetic.length, 2);
});

test('a subset has the provenance of the columns that it writes: a tag table’s in the place of the metadata’s', async (t) => {
  const { folder, a, unstated } = await threeTags(t);
  const joined = join(folder, 'joined.parquet');
  await duck(`COPY (SELECT hash + 200 AS hash, aesthetic FROM '${a}') TO '${joined}'
    (FORMAT parquet, ${provenanceOption({ scores: { aesthetic: FIRST } })})`);
  const out = join(folder, 'out');
  const made = await runCli([
    ...['subset', '--metadata', unstated, '--tags', joined, '--min-aesthetic', '5.5'],
    ...['--output-folder', out, '--json'],
  ]);
  t.is(made.exitCode, 0, made.stderr);
  const { subsets } = JSON.parse(made.stdout);
  t.deepEqual((await readProvenance(join(out, subsets[0].files[0].name)))?.scores, {
    aesthetic: FIRST,
    punsafe: [{ from: 'column', column: 'punsafe' }],
  });
});

test('a store keeps what it was built from: more of it is added, another score is refused until it is told', async (t) => {
  const { folder, a, b, unstated } = await threeTags(t);
  const store = join(folder, 'store');
  const info = async (): Promise<{
    provenance: { scores: Record<string, ScoreOrigin[]> };
    entries: number;
  }> => JSON.parse((await runCli(['store', 'info', store, '--json'])).stdout);
  t.true(isRefused(await runCli(['store', 'build', a, b, '--output', store])));
  t.is((await runCli(['store', 'info', store])).exitCode, 2, 'nothing was published');

  const built = await runCli(['store', 'build', a, '--output', store]);
  t.is(built.exitCode, 0, built.stderr);
  t.deepEqual((await info()).provenance.scores, { aesthetic: FIRST });
  t.regex(built.stdout, /^aesthetic +from the head "first"/m);
  const more = await writeTags(join(folder, 'more.parquet'), { from: 400, scores: { aesthetic: FIRST } });
  t.is((await runCli(['store', 'add', store, more])).exitCode, 0);

  for (const other of [b, unstated]) t.true(isRefused(await runCli(['store', 'add', store, other])));
  t.is((await info()).entries, 2 * ROWS);
  const told = await runCli(['store', 'add', store, b, '--mixed-provenance']);
  t.is(told.exitCode, 0, told.stderr);
  t.deepEqual((await info()).provenance.scores['aesthetic'], [...FIRST, ...SECOND]);
  t.is((await runCli(['store', 'add', store, b])).exitCode, 0, 'what it mixes already is nothing new');
  t.true(isRefused(await runCli(['buckets', store, unstated])));

  t.is((await runCli(['store', 'compact', store])).exitCode, 0);
  t.deepEqual((await info()).provenance.scores['aesthetic'], [...FIRST, ...SECOND]);
  for (const args of [
    ['store', 'export', store, '--format', 'parquet', '--output', join(folder, 'export.parquet')],
    ['lookup', store, '3', '--output', join(folder, 'lookup.parquet')],
  ]) {
    t.is((await runCli(args)).exitCode, 0);
    t.deepEqual((await readProvenance(args.at(-1)!))?.scores, { aesthetic: [...FIRST, ...SECOND] });
  }
});

test('a run says in tags, metadata and buckets what made its scores, and rescored under another head it is not counted with itself', async (t) => {
  const world = await makeWorld(t, { rowCount: 20 });
  const score = (out: string, ...more: string[]): Promise<CliResult> =>
    runCli(['score', world.shard, '--output-folder', world.path(out), '--json', ...LOOPBACK_FLAGS, ...more]);
  const first = await score('out', '--save-embeddings');
  t.is(first.exitCode, 0, first.stderr);
  const tags = await readProvenance(world.path('out', 'tags', '00000.parquet'));
  const record = JSON.parse(await readFile(world.path('out', 'run.json'), 'utf8'));
  const { name, digest } = record.encoder;
  t.deepEqual(JSON.parse(first.stdout).provenance.scores, tags?.scores);
  t.like(tags?.embeddings, { model: { name, digest }, transform: 'exact' });
  t.deepEqual(
    tags?.embeddings?.runtimes.map(({ name: runtime, provider }) => [runtime, provider]),
    [['onnxruntime', 'cpu']],
  );
  const { head } = tags!.scores['aesthetic']![0] as HeadOrigin;
  const { name: headName, digest: headDigest, computes } = record.heads.aesthetic;
  t.deepEqual(head, { name: headName, digest: headDigest, computes });
  t.deepEqual(tags!.scores['punsafe'], [
    { from: 'column', column: 'punsafe', input: record.inputs[0].fingerprint },
  ]);
  t.deepEqual(tags!.scores['pwatermark'], []);
  t.deepEqual(await readProvenance(world.path('out', 'metadata', 'metadata_00000.parquet')), tags);
  t.deepEqual((await readProvenance(world.path('out', 'buckets.parquet')))?.scores, tags!.scores);

  // Judged anew, the files are written again.
  t.is((await score('out', '--save-embeddings', '--min-aesthetic', '5')).exitCode, 0);
  t.deepEqual(await readProvenance(world.path('out', 'tags', '00000.parquet')), tags);

  const { dimension } = record.encoder;
  const other = await writeHead(world.path('other.json'), headWeights(1, dimension), 5);
  const rescored = await runCli([
    ...['score', world.path('out'), '--input-format', 'embeddings', '--aesthetic-head', other],
    ...['--output-folder', world.path('rescored')],
  ]);
  t.is(rescored.exitCode, 0, rescored.stderr);
  const again = await readProvenance(world.path('rescored', 'tags', '00000.parquet'));
  t.like(again?.scores['aesthetic']?.[0], {
    head: { name: 'other.json' },
    encoder: tags!.embeddings,
    stored: true,
  });
  t.deepEqual(again?.scores['punsafe'], tags!.scores['punsafe']);
  const both = ['buckets', world.path('out'), world.path('rescored')];
  t.true(isRefused(await runCli(both)));
  t.true(isRefused(await runCli([...both, '--stored'])));
  t.is((await runCli([...both, '--stored', '--mixed-provenance'])).exitCode, 0);
});
