import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { type ImageHost, type Resource, startImageHost } from './image-host.ts';
import { makeFolder, type Owner } from './make-folder.ts';
import { makePicture } from './pictures.ts';
import { buildShard, type ShardRow } from './shard-builder.ts';

/** A folder, a host and a shard for a test that runs the command. */
export interface World {
  readonly folder: string;
  readonly host: ImageHost;
  readonly shard: string;
  readonly rows: readonly ShardRow[];
  /**
   * Has pictures wait for their answer from this row on: what runs meanwhile cannot come to its end, however late the
   * test looks. What it gives lets them go.
   */
  hold(fromRow: number): () => void;
  path(...parts: string[]): string;
}

/** What a world is made of. */
export interface WorldOptions {
  readonly rowCount: number;
  /** Each image is answered after this long. */
  readonly delayMs?: number;
}

/**
 * A loopback host with some pictures, and a shard of rows that point to them. Every ninth row is a dead link, every
 * eleventh a broken file; punsafe is above 0.5 in every seventh row and null in every thirteenth.
 */
export async function makeWorld(t: Owner, { rowCount, delayMs = 0 }: WorldOptions): Promise<World> {
  const pictures = await Promise.all(Array.from({ length: 12 }, (_, seed) => makePicture(seed)));
  const resources = new Map<string, Resource>();
  let held = { fromRow: Number.POSITIVE_INFINITY, isOver: Promise.resolve() };
  const pictureOf =
    (row: number, bytes: Uint8Array): Resource =>
    async (_request, response) => {
      if (row >= held.fromRow) await held.isOver;
      if (delayMs > 0) await sleep(delayMs);
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    };
  for (let row = 0; row < rowCount; row++) {
    const picture = pictures[row % pictures.length]!;
    const bytes = row % 11 === 5 ? picture.subarray(0, picture.length / 2) : picture;
    if (row % 9 !== 4) resources.set(`/${row}.jpg`, pictureOf(row, bytes));
  }
  const host = await startImageHost(resources);
  t.teardown(() => host.stop());
  const folder = await makeFolder(t);
  const rows = Array.from({ length: rowCount }, (_, row) => ({
    URL: `${host.origin}/${row}.jpg`,
    TEXT: row % 5 === 0 ? null : `picture ${row}, naïve 😀`,
    punsafe: row % 13 === 0 ? null : row % 7 === 0 ? 0.9 : 0.1,
  }));
  const shard = join(folder, 'shard.parquet');
  await buildShard(shard, rows, { punsafe: 'DOUBLE' });
  const hold = (fromRow: number): (() => void) => {
    let letGo = (): void => undefined;
    const isOver = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    held = { fromRow, isOver };
    return letGo;
  };
  return { folder, host, shard, rows, hold, path: (...parts) => join(folder, ...parts) };
}

/** A world that the tests of a file have in common: made when it is first asked for, gone when the file has ended. */
export function sharedWorld(options: WorldOptions): () => Promise<World> {
  const teardowns: (() => unknown)[] = [];
  test.after.always(async () => {
    for (const takeDown of teardowns.reverse()) await takeDown();
  });
  let made: Promise<World> | undefined;
  return () => {
    made ??= makeWorld({ teardown: (takeDown) => teardowns.push(takeDown) }, options);
    return made;
  };
}
