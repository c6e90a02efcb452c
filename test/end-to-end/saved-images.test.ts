import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sharp } from '../../src/decode/sharp-library.ts';
import { makePicture } from '../helpers/pictures.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { readSaved, readTables, type SavedParts } from '../helpers/saved-samples.ts';
import { schemaProblems } from '../helpers/schemas.ts';
import { makeWorld } from '../helpers/scored-world.ts';

type Row = Readonly<Record<string, unknown>>;

const ROWS_PER_SHARD = 10;
const SHARDS = ['--number-sample-per-shard', String(ROWS_PER_SHARD)];
const DEAD_ROW = 4;
const IMAGE = /\.(jpg|webp)$/;

async function score(
  t: ExecutionContext,
  inputs: readonly string[],
  out: string,
  ...flags: string[]
): Promise<void> {
  const { exitCode, stderr } = await runCli([
    'score',
    ...inputs,
    '--output-folder',
    out,
    ...SHARDS,
    ...flags,
  ]);
  t.is(exitCode, 0, stderr);
}

function keysOf(parts: SavedParts): string[] {
  return [...new Set(Object.keys(parts).map((name) => name.split('.')[0]!))];
}

/** The row in the world of a key of its run. */
function worldRow(key: unknown): number {
  return ROWS_PER_SHARD * Number(String(key).slice(0, 5)) + Number(String(key).slice(5));
}

/** What is saved of a row, and what its tags say of it, are one. */
function expectSaved(t: ExecutionContext, parts: SavedParts, row: Row): void {
  const key = row['key'] as string;
  t.is(parts[`${key}.txt`]!.toString(), (row['TEXT'] as string | null) ?? '');
  const json = parts[`${key}.json`]!.toString();
  const described = JSON.parse(json) as Row;
  const same = [
    'key',
    'status',
    'original_width',
    'aesthetic',
    'punsafe',
    'pwatermark',
    'kept',
    'dropped_by',
  ];
  for (const name of same) t.is(described[name], row[name], name);
  t.like(described, { url: row['URL'], caption: row['TEXT'], width: 96, height: 72 });
  t.true(json.includes(`"hash":${row['hash']}`), 'beyond 2^53 too');
}

test('images are saved as they came, follow new verdicts and rows that are tried again, and score again to the same bits', async (t) => {
  const world = await makeWorld(t, { rowCount: 16 });
  const run = world.path('run');
  const flags = ['--save-images', 'scored', ...LOOPBACK_FLAGS];
  await score(t, [world.shard], run, ...flags, '--min-aesthetic', '4');
  world.host.resources.set(`/${DEAD_ROW}.jpg`, await makePicture(DEAD_ROW));
  await score(
    t,
    [world.shard],
    run,
    ...flags,
    '--min-aesthetic',
    '5',
    '--retry-failed',
    '--retry-reasons',
    'http_not_found',
  );

  const names = ['00000', '00001'].flatMap((shard) => [
    `${shard}.parquet`,
    `${shard}.tar`,
    `${shard}_stats.json`,
  ]);
  t.deepEqual((await readdir(join(run, 'images'))).sort(), names);
  const scored = (await readTables(run, 'tags')).filter(({ status }) => status === 'success');
  const kept = scored.filter((row) => row['kept']);
  t.true(
    kept.length > 2 && kept.length < scored.length && scored.some(({ key }) => worldRow(key) === DEAD_ROW),
  );
  const parts = await readSaved(run);
  const table = await readTables(run, 'images');
  t.deepEqual(
    keysOf(parts),
    scored.map(({ key }) => key as string),
  );
  t.is(table.length, scored.length);
  for (const [place, row] of scored.entries()) {
    expectSaved(t, parts, row);
    t.deepEqual(parts[`${row['key'] as string}.jpg`], await makePicture(worldRow(row['key']) % 12));
    const { URL: url, TEXT: caption, reason, ...others } = row;
    t.deepEqual(table[place], { ...others, url, caption, width: 96, height: 72 });
  }
  for (const [schema, file] of [
    ['shard-stats', 'stats/00000_stats.json'],
    ['run', 'run.json'],
  ] as const)
    t.deepEqual(schemaProblems(`${schema}.schema.json`, join(run, file)), []);

  const tars = names.filter((name) => name.endsWith('.tar')).map((name) => join(run, 'images', name));
  const columns = world.path('columns');
  const local = ['--processes-count', '1', '--batch-size', '2'];
  await score(
    t,
    tars,
    columns,
    ...local,
    '--min-aesthetic',
    '5',
    '--save-images',
    'kept',
    '--output-format',
    'parquet',
  );
  const again = await readTables(columns, 'tags');
  t.deepEqual(
    again.map(({ aesthetic }) => aesthetic),
    scored.map(({ aesthetic }) => aesthetic),
  );
  const rows = await readTables(columns, 'images');
  t.deepEqual(
    rows.map(({ input_key }) => input_key),
    kept.map(({ key }) => key),
  );
  for (const { input_key, jpg } of rows)
    t.deepEqual(Buffer.from(jpg as Uint8Array), parts[`${input_key as string}.jpg`]);

  const files = world.path('files');
  const tables = (await readdir(join(columns, 'images'))).filter((name) => name.endsWith('.parquet'));
  const remade = [
    '--save-images',
    'scored',
    '--output-format',
    'files',
    '--resize-mode',
    'border',
    '--image-size',
    '64',
    '--encode-format',
    'webp',
  ];
  await score(
    t,
    tables.map((name) => join(columns, 'images', name)),
    files,
    ...local,
    ...remade,
  );
  const last = await readTables(files, 'tags');
  t.deepEqual(
    last.map(({ aesthetic }) => aesthetic),
    kept.map(({ aesthetic }) => aesthetic),
    'what is saved changes no score',
  );
  const made = await readSaved(files);
  t.deepEqual(
    keysOf(made),
    last.map(({ key }) => key as string),
  );
  for (const [name, content] of Object.entries(made)) {
    if (IMAGE.test(name)) t.like(await sharp(content).metadata(), { format: 'webp', width: 64, height: 64 });
    if (name.endsWith('.json'))
      t.like(JSON.parse(content.toString()), { width: 64, height: 64, original_width: 96 });
  }
  t.deepEqual(schemaProblems('shard-stats.schema.json', join(files, 'stats/00000_stats.json')), []);
});
