import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNpy } from '../../src/base/npy.ts';
import type { PageItem, PageItems, PageSaved } from '../../src/rate/page-data.ts';
import type { ReviewOptions } from '../../src/review/options.ts';
import { type RunningReview, startReview } from '../../src/review/review.ts';
import { openDuckDb, quoteText } from '../../src/tables/duckdb.ts';
import type { Owner } from '../helpers/make-folder.ts';

/** A review that is served, and how it is asked. */
export interface Reviewed {
  readonly review: RunningReview;
  readonly notes: string[];
  ask(path: string): Promise<Response>;
  items(count: number, held?: readonly string[], rater?: string): Promise<readonly PageItem[]>;
  /** The name that keeping an item would give, now. */
  nameOf(item: PageItem, stem?: string): Promise<string>;
  post(records: readonly unknown[]): Promise<Response>;
  save(...records: readonly unknown[]): Promise<PageSaved>;
}

/** Serves the review of a run until the test ends, in this process. */
export async function serveReview(
  t: Owner,
  options: Pick<ReviewOptions, 'source' | 'outputFolder'> & Partial<ReviewOptions>,
): Promise<Reviewed> {
  const notes: string[] = [];
  const review = await startReview({
    ...{ host: '127.0.0.1', port: 0, question: 'keep', tag: 'aesthetic' },
    ...{ memoryLimitMb: 256, threads: 1, maxBytes: 1_000_000, onNote: (note) => notes.push(note) },
    ...options,
  });
  t.teardown(() => review.stop());
  const { origin, searchParams } = new URL(review.url);
  const address = (path: string): string =>
    `${origin}${path}${path.includes('?') ? '&' : '?'}token=${searchParams.get('token')}`;
  const post: Reviewed['post'] = (records) =>
    fetch(address('/answers'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ records }),
    });
  return {
    ...{ review, notes, post },
    ask: (path) => fetch(address(path)),
    items: async (count, held = [], rater = 'ada') => {
      const query = new URLSearchParams({ rater, count: String(count), held: held.join(',') });
      return ((await (await fetch(address(`/items?${query}`))).json()) as PageItems).items;
    },
    nameOf: async (item, stem = '') => {
      const path = `${item.samples[0]!.naming}?${new URLSearchParams({ stem })}`;
      return ((await (await fetch(address(path))).json()) as { file: string }).file;
    },
    save: async (...records) => (await (await post(records)).json()) as PageSaved,
  };
}

/** An item kept, or answered otherwise, as the page sends it. */
export function decided(
  { samples }: PageItem,
  id: string,
  changes: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    ...{ v: 1, id, question: 'keep', mode: 'keep', answer: 'keep', sample: samples[0]!.name },
    ...{ rater: 'ada', time: '2026-05-01T10:00:00.000Z', took_ms: 900, ...changes },
  };
}

/** An answer taken back. */
export function undone(id: string, of: string, rater = 'ada'): Readonly<Record<string, unknown>> {
  return { v: 1, id, retracts: of, rater, time: '2026-05-01T10:00:01.000Z' };
}

/** Gives the rows of a run's first shard perceptual hashes. */
export async function addPhashes(run: string, hashes: readonly (bigint | null)[]): Promise<void> {
  const path = join(run, 'tags', '00000.parquet');
  const instance = await openDuckDb({ memoryLimitMb: 256, temporaryFolder: join(run, '..', 'spill') });
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT *, ([${hashes.map((hash) => hash ?? 'NULL').join(', ')}]::BIGINT[])[file_row_number + 1] AS phash
       FROM read_parquet(${quoteText(path)}, file_row_number = true)) TO ${quoteText(`${path}.new`)} (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
  await rename(`${path}.new`, path);
}

/** Gives the scored rows of a run's first shard embeddings. */
export async function addEmbeddings(run: string, rows: readonly (readonly number[])[]): Promise<void> {
  await mkdir(join(run, 'img_emb'));
  await writeFile(
    join(run, 'img_emb', 'img_emb_00000.npy'),
    encodeNpy('float16', [rows.length, rows[0]!.length], Float32Array.from(rows.flat())),
  );
}

/** Says that a run was made from a tar archive. */
export async function putInTar(run: string, tar: string): Promise<void> {
  const path = join(run, 'run.json');
  const record = JSON.parse(await readFile(path, 'utf8')) as { inputs: { path: string; format: string }[] };
  const inputs = record.inputs.map((input) => ({ ...input, path: tar, format: 'webdataset' }));
  await writeFile(path, JSON.stringify({ ...record, inputs }));
}
