import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { sharp } from '../../src/decode/sharp-library.ts';
import { digestRun } from '../helpers/digest-run.ts';
import { type Resource, startImageHost } from '../helpers/image-host.ts';
import { makeFolder } from '../helpers/make-folder.ts';
import { channelMeans, writeOddModel } from '../helpers/odd-models.ts';
import { readParquet } from '../helpers/read-parquet.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { valueProblems } from '../helpers/schemas.ts';
import { buildShard } from '../helpers/shard-builder.ts';

const COLOURS = [
  [51, 102, 204],
  [255, 0, 0],
  [10, 20, 30],
  [0, 0, 0],
  [200, 100, 100],
  [1, 2, 3],
] as const;
const ROWS = 18;
/** In every third row the input has a pwatermark of its own. */
const OWN = 0.25;

/** red / (red + green + blue) of a picture, which is nothing for a black one, and its blue as an aesthetic score, of likes. */
async function writeModels(folder: string): Promise<{ encoder: string; watermark: string; taste: string }> {
  const [encoder, watermark, taste] = ['encoder', 'watermark', 'taste'].map((name) => join(folder, name));
  for (const path of [encoder!, watermark!, taste!]) await mkdir(path);
  // Shifted, so that a black picture has a direction too.
  await writeOddModel(encoder!, {}, { mean: [-1, -1, -1] });
  const shape = { inputShape: ['n', 3, 12, 12] };
  await writeOddModel(
    watermark!,
    {
      ...shape,
      build: (graph, input) => {
        channelMeans(graph, input, 'means');
        graph.node('Log', ['means'], {}, 'embedding');
      },
    },
    { ...{ input_size: 12, kind: 'classifier' }, tag: 'pwatermark', class: 0, activation: 'softmax' },
  );
  await writeOddModel(taste!, shape, {
    ...{ input_size: 12, kind: 'classifier' },
    ...{ tag: 'aesthetic', class: 2, activation: 'none', label: { transform: 'log1p', unit: 'likes' } },
  });
  return { encoder: encoder!, watermark: watermark!, taste: taste! };
}

test('image models give their tags in the same pass, where the input has none, and the same bytes on another run', async (t) => {
  const folder = await makeFolder(t);
  const models = await writeModels(folder);
  const resources = new Map<string, Resource>();
  const colourOf = (row: number): readonly [number, number, number] => COLOURS[row % COLOURS.length]!;
  for (let row = 0; row < ROWS; row++) {
    const [r, g, b] = colourOf(row);
    const create = { width: 40 + row, height: 30, channels: 3, background: { r, g, b } } as const;
    resources.set(`/${row}.png`, await sharp({ create }).png().toBuffer());
  }
  const host = await startImageHost(resources);
  t.teardown(() => host.stop());
  const rows = Array.from({ length: ROWS }, (_, row) => ({
    URL: `${host.origin}/${row}.png`,
    pwatermark: row % 3 === 1 ? OWN : null,
  }));
  const shard = join(folder, 'shard.parquet');
  await buildShard(shard, rows, { pwatermark: 'DOUBLE' });
  const run = (out: string, ...flags: string[]): ReturnType<typeof runCli> =>
    runCli([
      ...['score', shard, '--output-folder', join(folder, out), '--number-sample-per-shard', '10'],
      ...['--clip-model', models.encoder, '--watermark-model', models.watermark, '--tag-batch-size', '4'],
      ...['--aesthetic-head', models.taste, ...LOOPBACK_FLAGS, ...flags],
    ]);
  const first = await run('first');
  t.is(first.exitCode, 0, first.stderr);
  t.regex(first.stdout, /^\nScores by the image model small; embeddings by small\n/);
  t.regex(first.stderr, /The pwatermark model small gave no score of 3 images; their pwatermark is null/);
  const second = await run('second', '--thread-count', '1');
  t.is(second.exitCode, 0, second.stderr);
  t.deepEqual(await digestRun(join(folder, 'second')), await digestRun(join(folder, 'first')));

  const tagFiles = ['00000', '00001'].map((id) => join(folder, 'first', 'tags', `${id}.parquet`));
  const tags = (await Promise.all(tagFiles.map(readParquet))).flat();
  for (const [
    row,
    { status, pwatermark, aesthetic, aesthetic_likes: likes, dropped_by: droppedBy },
  ] of tags.entries()) {
    const [r, g, b] = colourOf(row);
    const computed = r + g + b === 0 ? null : r / (r + g + b);
    const wanted = rows[row]!.pwatermark ?? computed;
    t.is(status, 'success');
    t.true(isNear(pwatermark, wanted), `row ${row}: ${pwatermark}, not ${wanted}`);
    t.true(isNear(aesthetic, b / 255));
    t.true(isNear(likes, Math.expm1(b / 255)));
    t.is(droppedBy, wanted === null ? 'pwatermark_missing' : wanted >= 0.8 ? 'pwatermark' : null);
  }
  const record = JSON.parse(await readFile(join(folder, 'first', 'run.json'), 'utf8')) as {
    heads: Record<string, { takes?: string }>;
    settings: Record<string, unknown>;
  };
  t.deepEqual(valueProblems('run.schema.json', record), []);
  t.is(record.heads['pwatermark']!.takes, 'pixels');
  t.like(record.heads['aesthetic'], { label: { transform: 'log1p', unit: 'likes' } });
  t.is(record.settings['tag_batch_size'], 4);
  const stats = JSON.parse(await readFile(join(folder, 'first', 'stats', '00000_stats.json'), 'utf8')) as {
    stage_seconds: { tag: number };
    stage_slots: { tag: number };
  };
  t.deepEqual(valueProblems('shard-stats.schema.json', stats), []);
  t.true(stats.stage_seconds.tag > 0);
  const again = await run('first', '--min-aesthetic', '0.3', '--json');
  t.is(again.exitCode, 0, again.stderr);
  const result = JSON.parse(again.stdout) as { label: object; buckets: object[]; head_notes: string[] };
  t.deepEqual(result.label, { column: 'aesthetic_likes', transform: 'log1p', unit: 'likes' });
  t.like(result.buckets[1], { bucket: '0', label_from: 0, label_to: Math.expm1(1) });
  t.regex(result.head_notes.join(), /was trained on likes: aesthetic is log1p of them/);
  const judgedAnew = (await Promise.all(tagFiles.map(readParquet))).flat();
  t.deepEqual(
    judgedAnew.map(({ aesthetic_likes: likes }) => likes),
    tags.map(({ aesthetic_likes: likes }) => likes),
  );
  t.true(judgedAnew.some(({ dropped_by: rule }) => rule === 'aesthetic'));
  // Two models, of each two batches of four on their way.
  t.is(stats.stage_slots.tag, 16);
});

function isNear(value: unknown, wanted: number | null): boolean {
  if (wanted === null || value === null) return value === wanted;
  return Math.abs((value as number) - wanted) < 1e-6;
}
