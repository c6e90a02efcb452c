import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Provenance } from '../../src/samples/provenance/provenance.ts';
import { openDuckDb } from '../../src/tables/duckdb.ts';
import {
  provenanceOption,
  readFileProvenance,
  scoreSides,
  tagOriginsOf,
} from '../../src/tables/provenance.ts';
import { byHead } from '../samples/provenance/origins.ts';
import { duck, temporaryFolder } from '../shards/fixtures.ts';

const STATED: Provenance = { scores: { aesthetic: [byHead("it's a head, naïve 😀")], punsafe: [] } };
const RECORD = {
  format: 'bowerbird-run',
  settings: { transform: 'exact' },
  encoder: { name: 'L/14', digest: 'e' },
  heads: { aesthetic: { name: 'a', digest: 'd' } },
  columns: {},
};

async function read(t: ExecutionContext, path: string, origin?: string): Promise<Provenance | undefined> {
  const instance = await openDuckDb({ memoryLimitMb: 128, temporaryFolder: await temporaryFolder(t) });
  const connection = await instance.connect();
  try {
    return await readFileProvenance(connection, path, origin);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function writeFileOf(path: string, option = ''): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await duck(
    `COPY (SELECT 1 AS hash, 5.0 AS aesthetic) TO '${path}' (FORMAT parquet${option && `, ${option}`})`,
  );
  return path;
}

test('what a file states is read as it was written; metadata of others, and damaged ones, state nothing', async (t) => {
  const folder = await temporaryFolder(t);
  t.deepEqual(await read(t, await writeFileOf(join(folder, 'a.parquet'), provenanceOption(STATED))), STATED);
  t.is(await read(t, await writeFileOf(join(folder, 'b.parquet'))), undefined);
  t.is(await read(t, await writeFileOf(join(folder, 'c.parquet'), "KV_METADATA {pandas: '{}'}")), undefined);
  const damaged = "KV_METADATA {'bowerbird.provenance': '{\"format\":'}";
  t.is(await read(t, await writeFileOf(join(folder, 'd.parquet'), damaged)), undefined);
});

test('for a file of an older run its run.json speaks, for its copy too; for a file that states something nobody else does', async (t) => {
  const run = await temporaryFolder(t);
  const old = await writeFileOf(join(run, 'tags', '00000.parquet'));
  t.is(await read(t, old), undefined, 'a folder called tags is no run');
  await writeFile(join(run, 'run.json'), JSON.stringify(RECORD));
  for (const provenance of [
    await read(t, old),
    await read(t, await writeFileOf(join(run, 'copy.parquet')), old),
  ]) {
    t.like(provenance?.scores['aesthetic']?.[0], { head: { name: 'a', digest: 'd' } });
  }
  t.deepEqual(await read(t, await writeFileOf(old, provenanceOption(STATED))), STATED);
  await writeFile(join(run, 'run.json'), '{');
  t.is(await read(t, await writeFileOf(old)), undefined);
});

test('files of a run are one side with all that they mix, other files are one each, and files without rows are none', async (t) => {
  const run = await temporaryFolder(t);
  await mkdir(join(run, 'tags'));
  await writeFile(join(run, 'run.json'), JSON.stringify(RECORD));
  const file = (path: string, head: string, rowCount = 1): Parameters<typeof scoreSides>[0][number] => ({
    ...{ path, rowCount, columns: { aesthetic: 'score' } },
    provenance: { scores: { score: [byHead(head)] } },
  });
  const sides = scoreSides([
    file(join(run, 'tags', '00000.parquet'), 'x'),
    file('/other/tags/00000.parquet', 'x'),
    file(join(run, 'tags', '00001.parquet'), 'y'),
    file('/other/empty.parquet', 'z', 0),
  ]);
  t.deepEqual(sides, [
    { path: run, scores: { aesthetic: [byHead('x'), byHead('y')] } },
    { path: '/other/tags/00000.parquet', scores: { aesthetic: [byHead('x')] } },
  ]);
});

test('tags keep the origin that their file states; one that it does not state has its fingerprint; a column that is not there has none', (t) => {
  const file = {
    fingerprint: 'f',
    provenance: STATED,
    columns: [
      { name: 'Aesthetic', type: 'FLOAT' },
      { name: 'nsfw', type: 'FLOAT' },
    ],
  };
  const origins = tagOriginsOf(file, { aesthetic: 'aesthetic', punsafe: 'nsfw', pwatermark: 'gone' });
  t.deepEqual(origins, {
    aesthetic: STATED.scores['aesthetic'],
    punsafe: [{ from: 'column', column: 'nsfw', input: 'f' }],
  } as object);
});
