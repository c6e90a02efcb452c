import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { atHand } from '../../src/browse/stored-collection.ts';
import { LOOPBACK_FLAGS, runCli } from '../helpers/run-cli.ts';
import { startS3Server } from '../helpers/s3-server.ts';
import { makeWorld } from '../helpers/scored-world.ts';
import { shownPictures } from './shown-pictures.ts';
import { serve } from './world.ts';

const server = await startS3Server();
Object.assign(process.env, server.environment, { AWS_MAX_ATTEMPTS: '2' });
test.after.always(() => server.stop());

const ROWS = 12;

async function upload(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    server.hold('bucket', name + path.slice(folder.length), await readFile(path));
  }
}

test('a run in object storage is shown as it is in a folder, and saved images are fetched by the shard when one is asked for', async (t) => {
  const world = await makeWorld(t, { rowCount: ROWS });
  const run = world.path('run');
  const flags = ['--save-images', 'kept', '--save-embeddings', '--number-sample-per-shard', '8'];
  const { exitCode, stderr } = await runCli([
    ...['score', world.shard, '--output-folder', run, ...flags, ...LOOPBACK_FLAGS],
  ]);
  t.is(exitCode, 0, stderr);
  await upload(run, 'run');
  const notes: string[] = [];
  const page = await serve(t, run);
  const at = await atHand('s3://bucket/run/', (note) => void notes.push(note));
  const elsewhere = await serve(t, at.path, at);
  t.regex(notes.join('\n'), /^Fetching s3:\/\/bucket\/run \(\d+\.\d MB in \d+ files\)\n/);
  const fetched = () => server.log.filter(({ operation }) => operation === 'GetObject').map(({ key }) => key);
  t.false(fetched().some((key) => /\.tar$|img_emb|metadata|partials/.test(key)));
  const shown = await shownPictures(elsewhere, ROWS);
  t.deepEqual(shown, await shownPictures(page, ROWS));
  t.true(Object.values(shown).some(({ origin }) => origin === 'saved'));
  t.deepEqual(
    fetched()
      .filter((key) => key.endsWith('.tar'))
      .sort(),
    ['run/images/00000.tar', 'run/images/00001.tar'],
  );

  const best = world.path('best');
  const made = await runCli(['subset', run, '--cut', '3,4', '--output-folder', best]);
  t.is(made.exitCode, 0, made.stderr);
  await upload(best, 'best');
  const rowsOf = async (path: string): Promise<number> =>
    (await serve(t, (await atHand(path, () => undefined)).path)).browse.rowCount;
  t.is(await rowsOf('s3://bucket/best/aesthetic_4'), await rowsOf(join(best, 'aesthetic_4')));
  await t.throwsAsync(
    atHand('s3://bucket/run/tags', () => undefined),
    { code: 'BB_INPUT_NOT_FOUND' },
  );
  await t.throwsAsync(
    atHand('s3://bucket/nothing', () => undefined),
    { code: 'BB_INPUT_NOT_FOUND' },
  );
  server.hold('bucket', 'best/.output/publishing.json', '{}');
  await t.throwsAsync(
    atHand('s3://bucket/best', () => undefined),
    { code: 'BB_OUTPUT_UNFINISHED' },
  );
});
