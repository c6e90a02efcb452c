import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningBrowse, startBrowse } from '../../src/browse/browse.ts';
import type { BrowseOptions } from '../../src/browse/options.ts';
import { openDuckDb, quoteText } from '../../src/tables/duckdb.ts';
import { makeFolder, type Owner } from '../helpers/make-folder.ts';
import { makePicture } from '../helpers/pictures.ts';

/** A row of a run that a test writes; what is not given is null. */
export interface WrittenRow {
  readonly path?: string;
  readonly url?: string;
  /** Where rows are to have one of their own. */
  readonly hash?: bigint;
  readonly caption?: string;
  readonly reason?: string;
  readonly aesthetic?: number;
  readonly punsafe?: number;
  readonly droppedBy?: string;
}

const ROWS_PER_SHARD = 10;

/** Writes a run over a folder of images, as far as it is looked at. Gives its folder; images go into `pictures` beside it. */
export async function writeRun(folder: string, rows: readonly WrittenRow[]): Promise<string> {
  const [pictures, run] = [join(folder, 'pictures'), join(folder, 'run')];
  for (const path of [pictures, join(run, 'tags'), join(run, 'stats')])
    await mkdir(path, { recursive: true });
  const shards = Math.ceil(rows.length / ROWS_PER_SHARD);
  const instance = await openDuckDb({ memoryLimitMb: 256, temporaryFolder: join(folder, 'spill') });
  const connection = await instance.connect();
  for (let shard = 0; shard < shards; shard++) {
    const name = String(shard).padStart(5, '0');
    const values = rows
      .slice(shard * ROWS_PER_SHARD, (shard + 1) * ROWS_PER_SHARD)
      .map((row, i) => valuesOf(row, `${name}${i}`));
    await connection.run(
      `COPY (SELECT * FROM (VALUES ${values.join(', ')}) AS t(${COLUMNS})) TO ${quoteText(join(run, 'tags', `${name}.parquet`))} (FORMAT parquet)`,
    );
    await writeFile(join(run, 'stats', `${name}_stats.json`), '{}');
  }
  connection.closeSync();
  instance.closeSync();
  await writeFile(join(run, 'run.json'), JSON.stringify(recordOf(pictures, rows.length, shards)));
  return run;
}

const COLUMNS =
  'key, hash, path, url, caption, status, reason, error_message, original_width, original_height, aesthetic, punsafe, pwatermark, kept, dropped_by';

function valuesOf(
  { path, url, hash = 1n, caption, reason, aesthetic, punsafe, droppedBy }: WrittenRow,
  key: string,
): string {
  const text = (value: string | undefined): string =>
    `${value === undefined ? 'NULL' : quoteText(value)}::VARCHAR`;
  const number = (value: number | undefined): string => `${value ?? 'NULL'}::FLOAT`;
  const status = reason === undefined ? 'success' : 'failed_to_download';
  return `(${[
    ...[
      text(key),
      `${hash}::BIGINT`,
      text(path),
      text(url),
      text(caption),
      text(status),
      text(reason),
      text(undefined),
    ],
    ...['96::INTEGER', '72::INTEGER', number(aesthetic), number(punsafe), 'NULL::FLOAT'],
    ...[String(reason === undefined && droppedBy === undefined), text(droppedBy)],
  ].join(', ')})`;
}

function recordOf(pictures: string, rows: number, shards: number): unknown {
  return {
    ...{ format: 'bowerbird-run', version: 1, state: 'done', rows, shards },
    settings: { number_sample_per_shard: ROWS_PER_SHARD },
    ...{ thresholds: {}, encoder: {}, heads: {}, schema: [], sessions: [] },
    inputs: [{ path: pictures, format: 'images', rows, bytes: 0, fingerprint: '' }],
    columns: { path: 'path', url: 'url', caption: 'caption' },
  };
}

/** Writes pictures beside a run. */
export async function writePictures(folder: string, names: readonly string[]): Promise<void> {
  for (const [seed, name] of names.entries()) {
    await writeFile(join(folder, 'pictures', name), await makePicture(seed));
  }
}

/** A page over a run, served until the test ends. */
export interface World {
  readonly browse: RunningBrowse;
  /** Asks with the token, as the page does. */
  ask(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  json<T>(path: string): Promise<T>;
}

/** Serves a run, or what else is at a path, and waits until it is read. */
export async function serve(t: Owner, path: string, options: Partial<BrowseOptions> = {}): Promise<World> {
  const world = await startServing(t, path, options);
  await world.browse.read;
  return world;
}

/** The same without waiting. */
export async function startServing(
  t: Owner,
  path: string,
  options: Partial<BrowseOptions> = {},
): Promise<World> {
  const browse = await startBrowse({
    ...{ path, host: '127.0.0.1', port: 0, memoryLimitMb: 256, threads: 1, maxBytes: 1_000_000 },
    ...options,
  });
  t.teardown(() => browse.stop());
  const { origin, searchParams } = new URL(browse.url);
  const token = searchParams.get('token')!;
  const ask = (asked: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${origin}${asked}${asked.includes('?') ? '&' : '?'}token=${token}`, { headers });
  return { browse, ask, json: async <T>(asked: string) => (await (await ask(asked)).json()) as T };
}

/** A run of some rows, served. */
export async function serveRows(
  t: Owner,
  rows: readonly WrittenRow[],
  options: Partial<BrowseOptions> = {},
): Promise<World & { readonly folder: string; readonly run: string }> {
  const folder = await makeFolder(t);
  const run = await writeRun(folder, rows);
  await writePictures(
    folder,
    rows.flatMap(({ path }) => (path && /^\w+\.jpg$/.test(path) ? path : [])),
  );
  return { ...(await serve(t, run, options)), folder, run };
}
