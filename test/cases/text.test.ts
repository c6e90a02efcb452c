import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { RunPlan } from '../../src/shards/plan.ts';
import { caseOf } from '../helpers/cases.ts';
import { runCli } from '../helpers/run-cli.ts';
import { plan, type ReadShard, readAll, readRows, temporaryFolder } from '../shards/fixtures.ts';

async function read(
  t: ExecutionContext,
  input: string,
  options: Parameters<typeof plan>[2] = {},
): Promise<{ plan: RunPlan; shard: ReadShard }> {
  const folder = await temporaryFolder(t);
  const runPlan = await plan(folder, input, options);
  const [shard] = await readAll(t, folder, runPlan);
  return { plan: runPlan, shard: shard! };
}

const urls = (...names: string[]): string[] => names.map((name) => `http://127.0.0.1:18231/${name}.jpg`);

test('07: a stray quote is refused with its line, and quotes can be characters', async (t) => {
  const path = caseOf(t, '07-tsv-quote/a.tsv');
  if (!path) return;
  await t.throwsAsync(read(t, path), { code: 'BB_INPUT_FORMAT', message: /a\.tsv, line 3: .*--quote none/ });
  const { shard } = await read(t, path, { text: { quote: '' } });
  t.deepEqual(shard.urls, urls('a', 'b', 'c', 'd', 'e'));
});

test('08: UTF-16 with its mark is read', async (t) => {
  const path = caseOf(t, '08-utf16/a.csv');
  if (!path) return;
  t.deepEqual((await read(t, path)).shard.urls, urls('a'));
});

test('09: lines may end with a carriage return', async (t) => {
  const path = caseOf(t, '09-cr-line-ends/a.csv');
  if (!path) return;
  t.deepEqual((await read(t, path)).shard.urls, urls('a', 'b'));
});

test('10: half a surrogate pair costs a character of the caption', async (t) => {
  const path = caseOf(t, '10-lone-surrogate/a.jsonl');
  if (!path) return;
  const { plan: runPlan, shard } = await read(t, path);
  t.deepEqual(shard.urls, urls('a', 'b'));
  const rows = await readRows(runPlan.inputs[0]!.readPath);
  t.is(rows[1]?.['caption'], 'cut \uFFFD');
});

test('11: a blob that two revisions link to is read once', async (t) => {
  const source = caseOf(t, '11-hf-two-revisions');
  if (!source) return;
  const hub = join(await temporaryFolder(t), 'hub');
  await mkdir(join(hub, 'blobs'), { recursive: true });
  await symlink(join(source, 'blobs/deadbeef'), join(hub, 'blobs/deadbeef'));
  for (const revision of ['rev1', 'rev2']) {
    await mkdir(join(hub, 'snapshots', revision), { recursive: true });
    await symlink('../../blobs/deadbeef', join(hub, 'snapshots', revision, 'part-0.snappy.parquet'));
  }
  const notes: string[] = [];
  const { plan: runPlan } = await read(t, hub, { onNote: (note) => notes.push(note) });
  t.is(runPlan.rowCount, 1);
  t.is(notes.length, 1);
  t.regex(notes[0]!, /1 of the paths found leads to/);
});

test('15: a record with too few fields is counted, with its line and reason, in buckets too', async (t) => {
  const path = caseOf(t, '15-csv-ragged');
  if (!path) return;
  const { exitCode, stdout, stderr } = await runCli(['buckets', path]);
  t.is(exitCode, 0, stderr);
  t.regex(stdout + stderr, /1 line of \S*t\.csv breaks its format.*line 3: it has 1 field, not 2/);
});

test('16: an array of objects is read', async (t) => {
  const path = caseOf(t, '16-json-array');
  if (!path) return;
  t.deepEqual((await read(t, path)).shard.urls, urls('a', 'b'));
});

test('23: a quote that is never closed is named with its line', async (t) => {
  const folder = caseOf(t, '23-unclosed-quote');
  if (!folder) return;
  const error = await t.throwsAsync(read(t, folder), { code: 'BB_INPUT_FORMAT' });
  t.regex(error!.message, /unclosed-quote\.csv, line 2: a quote opens here and is never closed/);
});
